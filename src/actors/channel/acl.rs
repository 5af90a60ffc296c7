//! What becomes of an ACL that is changed: pure (reference 03 §4).

use crate::actors::by::UserPrincipal;
use crate::model::{Access, Acl, AclChange, Channel, GroupChange, Refusal, Refused, UserId};

/// The ACL after a change. `most`: people in a channel, its owner among them.
///
/// # Errors
/// A real change of a frozen group, of `full` by anybody but the owner, or too many members. What changes
/// nothing is never refused: clients send back what they were given.
pub fn changed(
    channel: &Channel,
    principal: &UserPrincipal,
    change: &AclChange,
    most: usize,
) -> Result<Acl, Refused> {
    let mut acl = channel.acl.clone();
    set_lists(&mut acl, change);
    set_flags(&mut acl, change);
    acl.normalize(channel.owner);
    check(channel, principal, &acl)?;
    let people = acl.members().count() + usize::from(channel.owner.is_some());
    if people > most {
        return Err(Refusal::TooManyMembers.at("acl"));
    }
    Ok(acl)
}

/// Users who are put into a group leave the others, unless the same request lists them there too.
fn set_lists(acl: &mut Acl, change: &AclChange) {
    fn listed(group: Option<&GroupChange>) -> Option<&Vec<UserId>> {
        group.and_then(|group| group.users.as_ref())
    }
    let put = [
        listed(change.full.as_ref()),
        listed(change.write.as_ref()),
        listed(change.read.as_ref()),
    ];
    let mut lists = [&mut acl.full, &mut acl.write, &mut acl.read];
    for put in put.into_iter().flatten() {
        for list in &mut lists {
            list.retain(|user| !put.contains(user));
        }
    }
    for (list, put) in lists.into_iter().zip(put) {
        if let Some(put) = put {
            list.clone_from(put);
        }
    }
}

/// Freezing is for good: `immutable` is only ever raised.
fn set_flags(acl: &mut Acl, change: &AclChange) {
    let flag = |group: &Option<GroupChange>, pick: fn(&GroupChange) -> Option<bool>| {
        group.as_ref().and_then(pick)
    };
    let set = |kept: &mut bool, given: Option<bool>| *kept = given.unwrap_or(*kept);
    set(&mut acl.write_any_user, flag(&change.write, |g| g.any_user));
    set(&mut acl.read_any_user, flag(&change.read, |g| g.any_user));
    set(&mut acl.read_public, flag(&change.read, |g| g.public));
    acl.full_immutable |= flag(&change.full, |g| g.immutable).unwrap_or(false);
    acl.write_immutable |= flag(&change.write, |g| g.immutable).unwrap_or(false);
    acl.read_immutable |= flag(&change.read, |g| g.immutable).unwrap_or(false);
}

fn check(channel: &Channel, principal: &UserPrincipal, acl: &Acl) -> Result<(), Refused> {
    let old = &channel.acl;
    let full = acl.full != old.full;
    if (full || acl.full_immutable != old.full_immutable)
        && !principal.holds(channel, Access::Owner).is_granted()
    {
        return Err(Refusal::NoAccess.at("acl.full"));
    }
    if old.full_immutable && full {
        return Err(Refusal::GroupImmutable.at("acl.full"));
    }
    let write = acl.write != old.write || acl.write_any_user != old.write_any_user;
    if old.write_immutable && write {
        return Err(Refusal::GroupImmutable.at("acl.write"));
    }
    // Opening the channel to all writers opens it to all readers, frozen or not: the one exception.
    let forced = acl.write_any_user && !old.write_any_user;
    let any_user = acl.read_any_user != old.read_any_user && !forced;
    if old.read_immutable
        && (acl.read != old.read || any_user || acl.read_public != old.read_public)
    {
        return Err(Refusal::GroupImmutable.at("acl.read"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::channel::tests::{channel, principal};

    /// `full|write|read` with `*` for any user, `p` for public, `!` for frozen: `2|3*|4p!`.
    fn groups(text: &str) -> [GroupChange; 3] {
        let mut groups = text.split('|').map(|group| {
            let ids = group.trim_end_matches(['*', 'p', '!']);
            let ids = ids.split(',').filter_map(|id| id.parse().ok()).map(UserId);
            GroupChange {
                users: Some(ids.collect()),
                any_user: Some(group.contains('*')),
                public: Some(group.contains('p')),
                immutable: Some(group.contains('!')),
            }
        });
        std::array::from_fn(|_| groups.next().unwrap())
    }

    fn acl(text: &str) -> Acl {
        let [full, write, read] = groups(text);
        Acl {
            full: full.users.unwrap(),
            full_immutable: full.immutable.unwrap(),
            write: write.users.unwrap(),
            write_any_user: write.any_user.unwrap(),
            write_immutable: write.immutable.unwrap(),
            read: read.users.unwrap(),
            read_any_user: read.any_user.unwrap(),
            read_public: read.public.unwrap(),
            read_immutable: read.immutable.unwrap(),
        }
    }

    /// `-` leaves a group alone.
    fn change(text: &str) -> AclChange {
        let given: Vec<bool> = text.split('|').map(|group| group != "-").collect();
        let [full, write, read] = groups(text);
        AclChange {
            full: given[0].then_some(full),
            write: given[1].then_some(write),
            read: given[2].then_some(read),
        }
    }

    /// The ACL before, the user who sends a change, what is sent, and the ACL after or the refusal.
    type Case = (
        &'static str,
        i64,
        &'static str,
        Result<&'static str, (Refusal, &'static str)>,
    );

    /// The owner is 1; 2 has full access.
    const CHANGES: &[Case] = &[
        // Groups are replaced; a user who is put into one leaves the others.
        ("2|3|4", 1, "-|3,5|-", Ok("2|3,5|4")),
        ("2|3|4", 1, "-|4|-", Ok("2|4|")),
        ("2|3|4", 1, "3|-|-", Ok("3||4")),
        ("2|3|4", 1, "-|9|9", Ok("2|9|")),
        ("2|3|4", 1, "||", Ok("||")),
        // The owner stands in no group; each user once, rising.
        ("2|3|4", 1, "-|1,7,5,7|-", Ok("2|5,7|4")),
        // Writers read; a public channel is open to accounts too.
        ("2|3|", 1, "-|3*|-", Ok("2|3*|*")),
        ("2||", 1, "-|-|p", Ok("2||*p")),
        ("2|3*|*", 1, "-|3|-", Ok("2|3|*")),
        // Who has full access changes the lower groups, not the full one.
        ("2|3|4", 2, "-|5|6", Ok("2|5|6")),
        ("2|3|4", 2, "2,3|-|-", Err((Refusal::NoAccess, "acl.full"))),
        ("2|3|4", 2, "2!|-|-", Err((Refusal::NoAccess, "acl.full"))),
        ("2|3|4", 2, "2|-|-", Ok("2|3|4")),
        // Moving a full member elsewhere changes the full group.
        ("2|3|4", 2, "-|2|-", Err((Refusal::NoAccess, "acl.full"))),
        ("2|3|4", 1, "-|2|-", Ok("|2|4")),
        // Frozen groups stay; what changes nothing is not refused; thawing is ignored.
        (
            "2!|3|4",
            1,
            "2,5|-|-",
            Err((Refusal::GroupImmutable, "acl.full")),
        ),
        (
            "2|3!|4",
            1,
            "-|5|-",
            Err((Refusal::GroupImmutable, "acl.write")),
        ),
        (
            "2|3!|4",
            1,
            "-|3*|-",
            Err((Refusal::GroupImmutable, "acl.write")),
        ),
        (
            "2|3|4!",
            1,
            "-|-|4,5",
            Err((Refusal::GroupImmutable, "acl.read")),
        ),
        (
            "2|3|4!",
            1,
            "-|-|4p",
            Err((Refusal::GroupImmutable, "acl.read")),
        ),
        ("2|3!|4", 1, "-|3|-", Ok("2|3!|4")),
        ("2|3!|4!", 1, "5|-|-", Ok("5|3!|4!")),
        // Opening to all writers opens to all readers, frozen or not.
        ("2|3|4!", 1, "-|3*|-", Ok("2|3*|4*!")),
        // At most five people, the owner among them.
        ("2|3|4", 1, "-|3,5|-", Ok("2|3,5|4")),
        (
            "2|3|4",
            1,
            "-|3,5,6|-",
            Err((Refusal::TooManyMembers, "acl")),
        ),
    ];

    #[test]
    fn each_change_of_an_acl_has_its_outcome() {
        for (before, user, sent, outcome) in CHANGES {
            let channel = channel(1, acl(before));
            let got = changed(&channel, &principal(*user), &change(sent), 5);
            let expected = match outcome {
                Ok(after) => Ok(acl(after)),
                Err((refusal, place)) => Err(refusal.at(*place)),
            };
            assert_eq!(got, expected, "{before} by {user}: {sent}");
        }
    }
}
