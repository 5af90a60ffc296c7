//! A browser without script: keeps cookies, reads the fields of a form, sends it as a person would.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::http::{self, Answer};
use super::template::PASSWORD;
use super::{Person, TestServer};

/// One browser, with the cookies that it was given.
pub(crate) struct Browser {
    pub(crate) address: SocketAddr,
    pub(crate) cookies: BTreeMap<String, String>,
}

/// A field of a form: its name and its value.
pub(crate) type Field = (String, String);

impl Browser {
    pub(crate) fn new(server: &TestServer) -> Self {
        Self {
            address: server.address,
            cookies: BTreeMap::new(),
        }
    }

    /// A browser in which this person is signed in.
    pub(crate) fn of(server: &TestServer, person: &Person) -> Self {
        let mut browser = Self::new(server);
        browser.signs_in(&person.name);
        browser
    }

    pub(crate) fn signs_in(&mut self, name: &str) {
        let page = self.get("/sign-in");
        let with = [("username", name), ("password", PASSWORD)];
        let answer = self.sends(&page, "/sign-in", &with);
        assert_eq!(answer.status, 303, "{answer}");
    }

    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.call("GET", path, &[], "")
    }

    /// Sends the form with this address as the page shows it, with these fields filled in or buttons pressed.
    pub(crate) fn sends(&mut self, page: &Answer, action: &str, with: &[(&str, &str)]) -> Answer {
        let mut fields = fields(page, action);
        fields.retain(|(known, _)| with.iter().all(|(name, _)| known != name));
        let filled = with.iter().copied();
        fields.extend(filled.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let (whole, _) = form_of(&html(page), action);
        self.posts(&whole, &fields)
    }

    /// Sends fields.
    pub(crate) fn posts(&mut self, path: &str, fields: &[Field]) -> Answer {
        self.posts_from(path, fields, &[])
    }

    /// Sends fields, with more headers.
    pub(crate) fn posts_from(
        &mut self,
        path: &str,
        fields: &[Field],
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut body = form_urlencoded::Serializer::new(String::new());
        let body = body.extend_pairs(fields).finish();
        let kind = ("Content-Type", "application/x-www-form-urlencoded");
        self.call("POST", path, &[&[kind], headers].concat(), &body)
    }

    /// Any request; keeps the cookies of its answer.
    pub(crate) fn call(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Answer {
        let pairs = self.cookies.iter();
        let pairs: Vec<String> = pairs
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let cookie = pairs.join("; ");
        let mut headers = headers.to_vec();
        if !cookie.is_empty() {
            headers.push(("Cookie", &cookie));
        }
        let request = http::request(method, path, &headers, body.as_ref());
        let answer = http::exchange(self.address, &request);
        self.keep(&answer);
        answer
    }

    fn keep(&mut self, answer: &Answer) {
        for (name, line) in &answer.headers {
            if !name.eq_ignore_ascii_case("set-cookie") {
                continue;
            }
            let pair = line.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("a cookie");
            match line.contains("Max-Age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
    }
}

/// The text of a page.
pub(crate) fn html(page: &Answer) -> String {
    String::from_utf8(page.body.clone()).expect("text")
}

/// The address that an answer leads to.
pub(crate) fn location(answer: &Answer) -> String {
    let there = answer.header("location");
    there
        .unwrap_or_else(|| panic!("leads nowhere: {answer}"))
        .to_owned()
}

/// The form with this address, which may have a query: the address as it is written there, and what is in the form.
fn form_of(html: &str, action: &str) -> (String, String) {
    let found = html.split("<form").find_map(|form| {
        let written = attribute(form.split('>').next().unwrap_or_default(), "action")?;
        let path = written.split('?').next().unwrap_or_default();
        let is_it = written == action || path == action;
        is_it.then(|| (written.clone(), form.to_owned()))
    });
    let (written, form) = found.unwrap_or_else(|| panic!("no form for {action}: {html}"));
    let form = form.split("</form>").next().unwrap_or_default();
    (written, form.to_owned())
}

/// What a form would send if nothing was filled in: fields with their values, and boxes that are ticked.
pub(crate) fn fields(page: &Answer, action: &str) -> Vec<Field> {
    let (_, form) = form_of(&html(page), action);
    let inputs = form.split("<input").skip(1);
    let inputs = inputs.map(|input| input.split('>').next().unwrap_or_default());
    let mut fields = Vec::new();
    for input in inputs {
        let is_box = attribute(input, "type").as_deref() == Some("checkbox");
        if is_box && !input.contains(" checked") || input.contains(" disabled") {
            continue;
        }
        let value = attribute(input, "value");
        let value = value.unwrap_or_else(|| String::from(if is_box { "on" } else { "" }));
        fields.push((attribute(input, "name").expect("a name"), value));
    }
    fields
}

/// The value of an attribute, with its entities resolved.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let rest = tag.split(&format!(" {name}=\"")).nth(1)?;
    Some(unescaped(rest.split('"').next()?))
}

/// Text without entities.
pub(crate) fn unescaped(text: &str) -> String {
    let entities = [
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#38;", "&"),
    ];
    let replace = |text: String, (entity, c): (&str, &str)| text.replace(entity, c);
    entities.into_iter().fold(text.to_owned(), replace)
}
