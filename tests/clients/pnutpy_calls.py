"""The methods of pnutpy about posts, profiles, pictures, files, interactions and the server, with the fields of what they
return; and a record of the methods that were called, compared with the library's own list."""

import datetime
import functools
import struct
import zlib

import pnutpy
from pnutpy.errors import PnutBadRequestAPIException, PnutMissing, PnutPermissionDenied

ENDPOINT = "**API Endpoint**"
COUNTS = ["bookmarks", "replies", "reposts", "threads"]
USER = ["created_at", "id", "locale", "timezone", "type", "username", "you_can_follow", "follows_you"]


def bound():
    """The names that the library binds to calls of the API: it writes the address of each into its documentation."""
    return [name for name, method in vars(pnutpy.API).items() if ENDPOINT in (getattr(method, "__doc__", None) or "")]


def recorded():
    """Lets each bound method tell that it answered; gives the set of their names."""
    called = set()

    def telling(name, method):
        @functools.wraps(method)
        def tells(*arguments, **options):
            answer = method(*arguments, **options)
            called.add(name)
            return answer
        return tells

    for name in bound():
        setattr(pnutpy.API, name, telling(name, vars(pnutpy.API)[name]))
    return called


def refused(error, call, *arguments, **options):
    """The call must end in exactly this exception."""
    try:
        call(*arguments, **options)
    except error:
        return
    raise AssertionError(f"{call} was not refused with {error.__name__}")


def ids(page):
    """Of a page of objects."""
    return [one.id for one in page]


def is_post(post, author, words):
    """The fields that clients need of a post."""
    assert isinstance(post.id, int) and isinstance(post.created_at, datetime.datetime), post
    assert post.created_at.tzinfo is not None and post.thread_id.isdigit()
    assert sorted(key for key in post.counts if key != "_api") == COUNTS and all(type(post.counts[key]) is int for key in COUNTS)
    assert all(post.source[key] for key in ("id", "name", "url"))
    assert post.user.username == author and all(key in post.user for key in USER), post.user
    assert post.content.text == words and words.split()[0] in post.content.html
    assert sorted(key for key in post.content.entities if key != "_api") == ["links", "mentions", "tags"]
    assert post.you_bookmarked in (True, False) and post.you_reposted in (True, False)


def posts(ada, bob, nobody):
    """Written, read, found, reposted, bookmarked, answered, deleted."""
    words = "hello @bob #tea https://a.example/x"
    body = {"text": words, "raw": {"org.example.a": [{"n": 1}]}}
    said, meta = ada.create_post(data=body, include_post_raw=True, include_presence=True)
    assert meta.code == 201 and said.raw["org.example.a"][0].n == 1 and said.user.presence == "offline"
    is_post(said, "ada", words)
    entities = said.content.entities
    assert entities.mentions[0].id == "2" and entities.tags[0].text == "tea" and entities.links[0].len == 19
    refused(PnutBadRequestAPIException, ada.create_post, data={"text": ""})
    reply, _ = bob.create_post(data={"text": "and to you", "reply_to": said.id})
    assert reply.reply_to == str(said.id) and reply.thread_id == said.thread_id
    one, _ = nobody.get_post(said)
    assert one.id == said.id and one.counts.replies == 1 and "you_reposted" not in one
    refused(PnutMissing, ada.get_post, 9999)
    assert ids(ada.get_posts(ids=f"{reply.id}, {said.id}, 9999")[0]) == [reply.id, said.id]
    thread, meta = bob.posts_thread(reply, count=1)
    assert ids(thread) == [reply.id] and meta.more is True and thread[0].pagination_id == str(reply.id)
    assert ids(bob.users_mentioned_posts("me", include_copy_mentions=False)[0]) == [said.id]
    assert ids(nobody.posts_with_hashtag("TEA")[0]) == [said.id]
    reposted, meta = bob.repost_post(said)
    assert meta.code == 201 and reposted.id == said.id and reposted.you_reposted is True and reposted.counts.reposts == 1
    page, _ = ada.users_posts("@bob", include_user=True)
    assert page[0].repost_of.id == said.id and page[0].user.username == "bob" and page[1].id == reply.id
    kept, meta = bob.bookmark_post(said, data={"note": "for later"})
    assert meta.code == 200 and kept.you_bookmarked is True
    assert said.bookmark()[0].you_bookmarked is True
    kept, _ = bob.users_bookmarked_posts("me")
    assert ids(kept) == [said.id] and kept[0].note == "for later"
    sample, _ = ada.get_post(said, include_bookmarked_by=True, include_reposted_by=True)
    assert sorted(user.username for user in sample.starred_by) == ["ada", "bob"]
    assert [user.username for user in sample.reposters] == ["bob"]
    streams(ada, bob, nobody, said, reply)
    interactions(ada, said)
    assert bob.unrepost_post(said)[0].you_reposted is False
    assert bob.unbookmark_post(said)[0].you_bookmarked is False
    refused(PnutBadRequestAPIException, bob.unbookmark_post, said)
    refused(PnutPermissionDenied, bob.delete_post, said)
    gone, meta = ada.delete_post(said, include_post_raw=True)
    assert meta.code == 200 and gone.is_deleted is True and "content" not in gone and "raw" not in gone


def streams(ada, bob, nobody, said, reply):
    """Streams of posts, search, explore."""
    bob.follow_user("@ada")
    assert said.id in ids(bob.users_post_streams_me()[0])
    mine, meta = ada.users_post_streams_unified(include_directed_posts=True)
    assert said.id in ids(mine) and meta.max_id == mine[0].pagination_id
    everything = list(pnutpy.cursor(nobody.posts_streams_global, count=1))
    assert ids(everything) == [reply.id, said.id]
    found, _ = ada.post_search(
        q="hello", order="id", tags="tea", mentions="bob", links="https://a.example/x", creator_id=1, raw_types="org.example.a",
        is_reply=False,
    )
    assert ids(found) == [said.id]
    listed, _ = nobody.get_explore_streams()
    slugs = [stream.id for stream in listed]
    assert {"conversations", "missed_conversations", "newcomers", "photos", "trending", "256"} == set(slugs)
    assert all(stream.title and stream.description and stream.url.endswith(stream.slug) for stream in listed)
    assert ids(nobody.get_explore_stream("newcomers")[0]) == [reply.id, said.id]
    refused(PnutMissing, nobody.get_explore_stream, "nothing")


def interactions(ada, said):
    """What others did to one's posts, and to oneself."""
    acts, meta = ada.interactions_with_user(count=10)
    by_action = {act.action: act for act in acts}
    assert set(by_action) == {"bookmark", "repost", "reply", "follow"} and meta.more is False
    for action in ("bookmark", "repost", "reply"):
        assert ids(by_action[action].objects) == [said.id]
        assert "bob" in [user.username for user in by_action[action].users]
    assert ids(by_action["follow"].objects) == [1] and ids(by_action["follow"].users) == [2]
    assert all(act.event_date.tzinfo is not None and act.pagination_id for act in acts)


def png(width, height):
    """A picture of one colour."""
    def chunk(name, content):
        body = name + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))
    rows = (b"\0" + b"\x20\x80\xc0" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def profiles(ada, bob):
    """A profile and its pictures, the lists of muted and blocked users, and search."""
    me, _ = ada.get_user("me")
    assert me.content.avatar_image.is_default is True and me.content.cover_image.width == 960
    changed, meta = ada.patch_user("me", data={"name": "Ada", "content": {"text": "A gardener from [Kyoto](https://kyoto.example)"}})
    assert meta.code == 200 and changed.name == "Ada" and changed.content.entities.links[0].url == "https://kyoto.example"
    assert changed.content.markdown_text == "A gardener from [Kyoto](https://kyoto.example)"
    whole, _ = ada.update_user("me", data={"locale": "de_DE", "timezone": "Europe/Berlin", "content": {"text": "A gardener"}})
    assert (whole.locale, whole.timezone) == ("de_DE", "Europe/Berlin") and "name" not in whole
    refused(PnutBadRequestAPIException, ada.update_user, "me", data={"name": "Ada"})
    # As the library saves a user: it sends back what it received.
    whole.name = "Ada"
    whole.update_user()
    assert ada.get_user("me")[0].name == "Ada"
    shown, _ = ada.update_avatar(files={"avatar": ("me.png", png(300, 200), "image/png")})
    avatar = shown.content.avatar_image
    assert (avatar.width, avatar.height, avatar.is_default) == (200, 200, False)
    shown, _ = ada.update_cover(files={"cover": ("cover.png", png(1200, 400), "image/png")})
    assert shown.content.cover_image.is_default is False and shown.content.cover_image.width == 1200
    refused(PnutBadRequestAPIException, ada.update_avatar, files={"avatar": ("me.png", b"no picture", "image/png")})
    found, _ = bob.user_search(q="gardener", types="human", locale="de_DE")
    assert [user.username for user in found] == ["ada"] and found[0].content.text == "A gardener"
    ada.mute_user(3)
    assert ids(ada.users_muted_users_ids("me")[0]) == [3]
    ada.unmute_user(3)
    ada.block_user(3)
    blocked, _ = ada.users_blocked_users("me")
    assert ids(blocked) == [3] and blocked[0].you_blocked is True
    ada.unblock_user(3)


def files(ada, bob):
    """Sent at once and in two steps, changed, read, listed, deleted."""
    picture = png(400, 300)
    fields = {"type": "org.example.picture", "is_public": "1"}
    file, meta = ada.create_file(data=fields, files={"content": ("a.png", picture, "image/png")})
    assert meta.code == 201 and file.kind == "image" and file.name == "a.png" and file.size == len(picture)
    assert (file.image_info.width, file.image_info.height) == (400, 300) and file.user.username == "ada"
    assert file.is_complete is True and file.file_token and file.file_token_read and file.mime_type == "image/png"
    assert file.derived_files.core_image_200s.image_info.width == 200 and len(file.sha256) == 64
    changed, _ = ada.update_file(file, data={"name": "b.png", "raw": {"org.example.a": [{"n": 1}]}}, include_file_raw=True)
    assert changed.name == "b.png" and changed.raw["org.example.a"][0].n == 1
    later, _ = ada.create_file(data={"type": "org.example.notes", "kind": "other", "name": "notes.txt"})
    assert later.is_complete is False and "url" not in later
    assert ada.set_file_content(later, files={"content": ("notes.txt", b"words", "text/plain")}) is None
    whole, _ = ada.get_file(later)
    assert whole.is_complete is True and whole.size == 5 and whole.name == "notes.txt"
    answer = ada.get_file_content(later)
    assert answer.status_code == 200 and answer.content == b"words"
    assert [one.id for one in ada.get_files(ids=f"{file.id}, {later.id}")[0]] == [file.id, later.id]
    mine, meta = ada.get_my_files(file_types="org.example.notes", include_incomplete=False, count=5)
    assert [one.id for one in mine] == [later.id] and meta.more is False
    refused(PnutMissing, bob.get_file, later)
    refused(PnutPermissionDenied, bob.delete_file, file)
    gone, _ = ada.delete_file(file)
    assert gone.is_deleted is True and gone.id == file.id
    refused(PnutMissing, ada.get_file, file)


def about_the_server(ada):
    """Text that is only processed, and numbers."""
    text, meta = ada.text_process(data={"text": "hi @bob #tea"})
    assert meta.code == 200 and text.entities.mentions[0].id == "2" and text.tags[0].text == "tea" and "<span" in text.html
    stats, _ = ada.get_stats()
    numbers = ("clients", "days", "files", "messages", "polls", "posts", "users")
    days = [day for day in stats.users.active if day != "_api"]
    assert stats.users.created == 3 and len(days) == 7 and stats.posts.created == 3 and stats.files.created == 2, stats
    assert all(name in stats for name in numbers), stats
