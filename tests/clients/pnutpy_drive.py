"""Drives the server with pnutpy, a client library written for pnut.io: every method that it has, with the arguments that it
sends; and the code grant. It fails if the library has a method that was not called."""

import html.parser
import sys
import urllib.parse
from unittest import mock

import pnutpy
import pnutpy.utils
import requests
from pnutpy.errors import PnutAuthAPIException, PnutBadRequestAPIException, PnutMissing, PnutPermissionDenied

import pnutpy_calls
from pnutpy_calls import refused
from server import PASSWORD, Server

SETTINGS = {"io.pnut.core.chat-settings": [{"name": "Lounge", "description": {"text": "where we meet"}}]}
# Everything a method may be given; pnutpy drops nothing that it knows.
FLAGS = {
    "include_raw": True, "include_html": True, "include_user": True, "include_counts": True,
    "include_presence": True, "include_user_raw": True, "include_user_html": False,
}


def channels(ada, bob, eve):
    """Lifecycle, lookup, subscribing and muting."""
    body = {
        "type": "io.pnut.core.chat", "raw": SETTINGS,
        "acl": {"write": {"any_user": True}, "read": {"public": True}},
    }
    room, meta = ada.create_channel(data=body, **FLAGS)
    assert meta.code == 201 and room.user.username == "ada" and room.user.id == 1
    assert room.raw["io.pnut.core.chat-settings"][0].name == "Lounge"
    found, meta = bob.get_channel(room, include_raw=True, include_limited_users=True, include_marker=True)
    assert meta.code == 200 and found.id == room.id and found.acl.write.you is True
    found, meta = bob.get_channels(ids=f"{room.id}, 9999")
    assert [channel.id for channel in found] == [room.id]
    raw = {"raw": {"io.pnut.core.chat-settings": [{"name": "Parlour"}]}}
    changed, _ = ada.update_channel(room, data=raw, include_channel_raw=True)
    assert changed.raw["io.pnut.core.chat-settings"][0].name == "Parlour"
    refused(PnutPermissionDenied, bob.update_channel, room, data=raw)
    refused(PnutMissing, ada.get_channel, 9999)
    refused(PnutBadRequestAPIException, ada.create_channel, data={"type": "not a type"})
    for api in (ada, bob):
        subscribed, _ = api.subscribe_channel(room)
        assert subscribed.you_subscribed is True
    listed, meta = ada.subscribed_users(room, include_presence=True)
    assert sorted(user.username for user in listed) == ["ada", "bob"]
    mine, meta = ada.users_channels(**FLAGS)
    assert [channel.id for channel in mine] == [room.id] and meta.more is False
    inbox, meta = bob.subscribed_channels(include_recent_message=True, include_limited_users=True)
    assert [channel.id for channel in inbox] == [room.id] and "unread_counts" in meta
    gone, _ = bob.unsubscribe_channel(room)
    assert gone.you_subscribed is False
    muted, _ = eve.mute_channel(room)
    assert muted.you_muted is True
    assert [channel.id for channel in eve.muted_channels()[0]] == [room.id]
    assert eve.unmute_channel(room)[0].you_muted is False
    assert eve.muted_channels()[0] == []
    return room


def messages(ada, bob, eve, room):
    """Messages, replies, private messages, sticky ones."""
    said, meta = bob.create_message(room, data={"text": "hello @ada #tea", "raw": {"org.example.a": [{"n": 1}]}}, **FLAGS)
    assert meta.code == 201 and isinstance(said.id, int) and said.created_at.tzinfo is not None
    assert said.content.entities.mentions[0].id == "1" and said.raw["org.example.a"][0].n == 1
    reply, _ = ada.create_message(room, data={"text": "and to you", "reply_to": said.id})
    assert reply.reply_to == str(said.id) and reply.thread_id == said.thread_id
    page, meta = ada.get_channel_messages(room, count=1, include_deleted=True, **FLAGS)
    assert [m.id for m in page] == [reply.id] and meta.more is True and meta.marker.name == f"channel:{room.id}"
    every = pnutpy.cursor(ada.get_channel_messages, room, count=1)
    assert [m.id for m in every] == [reply.id, said.id]
    one, _ = eve.get_message(room, said, include_message_raw=True)
    assert one.id == said.id and one.user.username == "bob"
    some, _ = eve.get_messages(ids=f"{said.id}, {reply.id}")
    assert sorted(m.id for m in some) == sorted([said.id, reply.id])
    assert [m.id for m in bob.users_messages()[0]] == [said.id]
    stuck, _ = ada.stick_message(room, said)
    assert stuck.is_sticky is True
    assert [m.id for m in bob.sticky_messages(room)[0]] == [said.id]
    refused(PnutPermissionDenied, bob.stick_message, room, reply)
    assert ada.unstick_message(room, said)[0].is_sticky is False
    found, _ = eve.message_search(channel_ids=room.id, q="hello", order="id", is_reply=False, tags="tea")
    assert [m.id for m in found] == [said.id]
    gone, _ = bob.delete_message(room, said)
    assert gone.is_deleted is True and "content" not in gone
    kept, meta = ada.get_channel_messages(room, since_id=reply.id)
    assert kept == [] and meta.deleted_ids == [str(said.id)]


def private(ada, bob, eve):
    """Private messages and what is unread."""
    refused(PnutMissing, ada.existing_pm, ids="2")
    whisper, meta = ada.create_message("pm", data={"text": "psst", "destinations": [2]})
    assert meta.code == 201
    pm, _ = bob.existing_pm(ids="@ada")
    assert pm.id == whisper.channel_id and pm.type == "io.pnut.core.pm" and pm.get("user") is None
    unread, _ = bob.num_unread_pm_channels()
    assert unread["io.pnut.core.pm"] == 1
    refused(PnutPermissionDenied, eve.get_channel, pm)
    found, _ = bob.message_search(channel_ids="pm", q="psst")
    assert [m.id for m in found] == [whisper.id]


def searches(eve, nobody, room):
    """Channels by text and by owner."""
    for api in (eve, nobody):
        found, meta = api.channel_search(order="popularity", channel_types="io.pnut.core.chat", is_public=True, owner_id=1)
        assert [channel.id for channel in found] == [room.id], found
    assert eve.channel_search(categories="fun", raw_types="org.example.b")[0] == []


def people(ada, bob):
    """Users, relations and presence."""
    assert ada.get_user("me", **FLAGS)[0].username == "ada"
    assert [u.id for u in ada.get_users(ids="2")[0]] == [2]
    set_, _ = bob.update_users_presence("me", data={"presence": "reading"})
    assert set_["presence"] == "reading"
    assert bob.update_users_presence("me", presence="0", data={"presence": "offline"})[0]["presence"] == "offline"
    assert bob.update_users_presence("me")[0]["presence"] == "online"
    assert ada.get_users_presence("@bob")[0]["presence"] == "online"
    assert [p["username"] for p in ada.user_presence()[0]] == ["bob"]
    for do, undo in ((ada.follow_user, ada.unfollow_user), (ada.mute_user, ada.unmute_user), (ada.block_user, ada.unblock_user)):
        assert do(2)[0].id == 2
        assert undo(2)[0].id == 2
    ada.mute_user("@bob")
    assert [u.id for u in ada.users_muted_users("me")[0]] == [2]
    ada.unmute_user("@bob")
    ada.follow_user(2)
    assert [u.id for u in ada.users_following("me")[0]] == [2]
    assert [u.id for u in ada.users_followers(2)[0]] == [1]


def polls(ada, bob):
    """Made, answered, read, listed, deleted."""
    body = {
        "type": "general.poll", "prompt": "Where to?", "duration": 60, "is_public": True, "is_anonymous": "false",
        "options": [{"text": "Here", "position": 1}, {"text": "There", "position": 2}],
    }
    poll, meta = ada.create_poll(data=body, include_raw=True)
    assert meta.code == 201 and poll.user.username == "ada" and len(poll.poll_token) == 32
    assert [option.text for option in poll.options] == ["Here", "There"] and poll.created_at < poll.closed_at
    answered, meta = bob.respond_to_poll(poll, 2)
    assert meta.code == 200 and answered.you_responded is True
    assert [option.is_your_response for option in answered.options] == [False, True]
    found, _ = bob.get_poll(poll)
    assert found.id == poll.id and "respondents" not in found.options[0]
    mine, meta = ada.get_my_polls(poll_types="general.poll", include_closed=False)
    assert [one.id for one in mine] == [poll.id] and meta.more is False
    refused(PnutPermissionDenied, bob.delete_poll, poll)
    refused(PnutBadRequestAPIException, bob.respond_to_poll, poll, 3)
    gone, _ = ada.delete_poll(poll)
    assert gone.is_deleted is True
    refused(PnutMissing, bob.get_poll, poll)


class Form(html.parser.HTMLParser):
    """The fields of the form with this path, boxes that are ticked included, and its whole address."""

    def __init__(self, page, path):
        super().__init__()
        self.path, self.action, self.inside, self.fields = path, None, False, []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "form":
            self.inside = given.get("action", "").split("?")[0] == self.path
            self.action = given["action"] if self.inside else self.action
        is_sent = given.get("type") != "checkbox" or ("checked" in given and "disabled" not in given)
        if tag == "input" and self.inside and is_sent:
            self.fields.append((given["name"], given.get("value", "")))


def code_grant(server):
    """What a program of pnutpy's kind does around the library: the user's browser, the exchange, then the library."""
    back = "https://app.example/cb"
    app = server.run("client", "create", "--name", "Code", "--redirect-uri", back)
    fields = {
        "client_id": app["client_id"], "redirect_uri": back, "response_type": "code",
        "scope": "basic,stream,messages", "state": "abc",
    }
    browser = requests.Session()
    page = browser.get(server.url + "/oauth/authenticate", params=fields)
    sent = dict(Form(page.text, "/sign-in").fields, username="ada", password=PASSWORD)
    page = browser.post(server.url + "/sign-in", data=sent)
    assert "Allow Code" in page.text, page.text
    form = Form(page.text, "/oauth/authenticate")
    sent = form.fields + [("decision", "allow")]
    answer = browser.post(server.url + form.action, data=sent, allow_redirects=False)
    came = urllib.parse.parse_qs(urllib.parse.urlsplit(answer.headers["Location"]).query)
    assert came["state"] == ["abc"], came
    exchange = {
        "grant_type": "authorization_code", "client_id": app["client_id"], "client_secret": app["client_secret"],
        "code": came["code"][0], "redirect_uri": back,
    }
    granted = requests.post(server.url + "/oauth/access_token", data=exchange).json()
    ada = pnutpy.API.build_api(api_root=server.url + "/v1", access_token=granted["access_token"])
    token, _ = ada.get_token()
    assert token.user.username == "ada" and token.scopes == ["basic", "stream", "messages"], token.scopes
    # The library's own call names a host, and speaks TLS to it.
    with mock.patch("pnutpy.utils.requests.post", lambda url, data: requests.api.request("post", url.replace("https", "http", 1), data=data)):
        secret, about = pnutpy.utils.get_app_access_token(app["client_id"], app["client_secret"], server.url.split("//")[1])
    assert secret and about["app"]["name"] == "Code" and "user" not in about, about


def main():
    called = pnutpy_calls.recorded()
    with Server() as server:
        root = server.url + "/v1"
        ada, bob, eve = (pnutpy.API.build_api(api_root=root, access_token=server.tokens[n]) for n in ("ada", "bob", "eve"))
        nobody = pnutpy.API.build_api(api_root=root)
        token, _ = ada.get_token()
        assert token.user.username == "ada" and "messages" in token.scopes
        assert ada.get_config()[0].message.max_length == 2048
        refused(PnutAuthAPIException, nobody.get_token)
        pnutpy_calls.posts(ada, bob, nobody)
        room = channels(ada, bob, eve)
        messages(ada, bob, eve, room)
        private(ada, bob, eve)
        searches(eve, nobody, room)
        people(ada, bob)
        polls(ada, bob)
        pnutpy_calls.files(ada, bob)
        pnutpy_calls.profiles(ada, bob)
        pnutpy_calls.about_the_server(ada)
        code_grant(server)
    left = sorted(set(pnutpy_calls.bound()) - called)
    assert len(called) > 80 and not left, f"{len(called)} were called, and never {left}"
    print(f"pnutpy: each of {len(called)} methods did what it says")


if __name__ == "__main__":
    sys.exit(main())
