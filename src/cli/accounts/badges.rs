//! `badge …` and `user verify`: what the operator says about accounts, on their profiles.

use actix_web::http::Uri;
use clap::Subcommand;
use serde_json::json;

use super::table::List;
use super::{Database, Done, demand_name, print, sentence};
use crate::actors::operator;
use crate::config::Config;
use crate::model::{Badge, Failure, Refusal, Verified};
use crate::store::{BADGES_MAX, Db, login_key};

/// Characters of a badge's name and of its description.
const NAME: usize = 50;
const DESCRIPTION: usize = 256;
/// Bytes of a link.
const LINK: usize = 2048;

/// Commands about badges.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum BadgeCommand {
    /// Add a badge that can be awarded.
    Create {
        /// Up to 50 characters; no two badges have the same.
        name: String,
        /// What it is awarded for, up to 256 characters.
        #[arg(long, default_value = "")]
        description: String,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// List all badges.
    List {
        /// Print one JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Award a badge. Its user decides whether the profile shows it.
    Award {
        /// Its name.
        badge: String,
        /// Name of the account.
        user: String,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Take a badge back. A profile that shows it shows none.
    Take {
        /// Its name.
        badge: String,
        /// Name of the account.
        user: String,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
}

/// Runs a command about badges.
pub(in crate::cli) fn run(config: &Config, command: BadgeCommand) -> Done {
    match command {
        BadgeCommand::Create {
            name,
            description,
            json,
        } => create(config, &name, &description, json),
        BadgeCommand::List { json } => list(config, json),
        BadgeCommand::Award { badge, user, json } => give(config, badge, &user, true, json),
        BadgeCommand::Take { badge, user, json } => give(config, badge, &user, false, json),
    }
}

fn create(config: &Config, name: &str, description: &str, json: bool) -> Done {
    demand_name(name)?;
    demand_name(description)?;
    let (name, description) = (name.trim().to_owned(), description.trim().to_owned());
    if name.is_empty() || name.chars().count() > NAME {
        return Err(format!("a badge's name has 1 to {NAME} characters").into());
    }
    if description.chars().count() > DESCRIPTION {
        return Err(format!("a description has at most {DESCRIPTION} characters").into());
    }
    let refused = |failure: Failure| match failure.refusal() {
        Some(Refusal::Invalid) => sentence(String::from("there is a badge of this name")),
        Some(Refusal::TooLong) => {
            sentence(String::from("there are as many badges as there may be"))
        }
        Some(_) | None => failure,
    };
    let badge = Database::open(config)?
        .write(move |tx| tx.create_badge(&name, &description).map_err(refused))?;
    let object = json!({"id": badge.id, "name": badge.name, "description": badge.description});
    print(
        json,
        &object,
        &format!("badge {} has id {}", badge.name, badge.id),
    )
}

fn list(config: &Config, json: bool) -> Done {
    let mut list = List::new(["ID", "NAME", "DESCRIPTION"]);
    for badge in Database::open(config)?.read(|db| db.badges(BADGES_MAX))? {
        let Badge {
            id,
            name,
            description,
            awarded_at: _,
        } = badge;
        let object = json!({"id": id, "name": name, "description": description});
        list.push([id.to_string(), name, description], object);
    }
    list.print(json)
}

fn named(db: &mut Db<'_>, name: &str) -> Result<Badge, Failure> {
    let known = db.badge_named(name)?;
    known.ok_or_else(|| {
        sentence(format!(
            "no badge is called {name}; `groundnut badge list` shows all names"
        ))
    })
}

fn give(config: &Config, badge: String, user: &str, on: bool, json: bool) -> Done {
    let database = Database::open(config)?;
    let id = database.user(user)?;
    let user = login_key(user);
    let (badge, changed) = database.write(move |tx| {
        let badge = named(tx, badge.trim())?;
        let changed = match on {
            true => operator::award_badge(tx, id, badge.id)?,
            false => operator::take_badge(tx, id, badge.id)?,
        };
        Ok((badge, changed))
    })?;
    let name = badge.name;
    let words = match (on, changed) {
        (true, true) => format!("user {user} has the badge {name}"),
        (true, false) => format!("user {user} had the badge {name} already"),
        (false, true) => format!("user {user} has the badge {name} no more"),
        (false, false) => format!("user {user} did not have the badge {name}"),
    };
    let object = json!({
        "id": id, "username": user, "badge": {"id": badge.id, "name": name}, "changed": changed,
    });
    print(json, &object, &words)
}

/// Refuses a text that would damage a list or a page.
/// Says which web site is a user's; `None`: none is.
pub(super) fn verify(config: &Config, name: &str, link: Option<&str>, json: bool) -> Done {
    let site = link.map(site).transpose()?;
    let database = Database::open(config)?;
    let id = database.user(name)?;
    let shown = site.clone();
    database.write(move |tx| operator::set_verified(tx, id, site.as_ref()))?;
    let name = login_key(name);
    let words = match &shown {
        Some(site) => format!("user {name} is verified by {}", site.domain),
        None => format!("user {name} is not verified"),
    };
    print(
        json,
        &json!({"id": id, "username": name, "verified": shown}),
        &words,
    )
}

fn site(link: &str) -> Done<Verified> {
    let wrong = || format!("{link:?} is no link to a web site, such as https://example.org/about");
    demand_name(link)?;
    let parsed: Uri = link.parse().map_err(|_cause| wrong())?;
    let is_web = matches!(parsed.scheme_str(), Some("http" | "https"));
    let host = parsed
        .host()
        .filter(|host| host.contains('.'))
        .ok_or_else(wrong)?;
    let has_user = parsed
        .authority()
        .is_some_and(|all| all.as_str().contains('@'));
    if !is_web || has_user || link.len() > LINK {
        return Err(wrong().into());
    }
    let host = host.to_lowercase();
    Ok(Verified {
        domain: host.strip_prefix("www.").unwrap_or(&host).to_owned(),
        url: link.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_a_link_of_the_web_and_its_domain_has_no_www() {
        let domain = |link| site(link).ok().map(|site| site.domain);
        assert_eq!(
            domain("https://www.Example.org/me").as_deref(),
            Some("example.org")
        );
        assert_eq!(
            domain("http://a.example:8080").as_deref(),
            Some("a.example")
        );
        for wrong in [
            "",
            "example.org",
            "ftp://example.org",
            "javascript:alert(1)",
            "https://me@example.org",
            "https://localhost",
            "https://",
        ] {
            assert_eq!(domain(wrong), None, "{wrong}");
        }
    }
}
