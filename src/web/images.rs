//! Default pictures, drawn from the id: clients require a URL for every account.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};

use super::{PICTURE, reply};

/// `GET /images/avatar/{id}`: a pattern, 256×256; an SVG, so `w` and `h` need no other image.
pub(super) async fn avatar(request: HttpRequest, id: Path<u64>) -> HttpResponse {
    reply(&request, PICTURE, draw(id.into_inner()).as_bytes())
}

/// `GET /images/cover`: plain, 960×223.
pub(super) async fn cover(request: HttpRequest) -> HttpResponse {
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"960\" height=\"223\">\
               <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/></svg>";
    reply(&request, PICTURE, svg.as_bytes())
}

/// A symmetric grid of five by five; the id chooses the hue.
fn draw(id: u64) -> String {
    // The odd constant spreads neighbouring ids over all bits, so that their pictures differ.
    let bits = id.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let hue = bits % 360;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"256\" height=\"256\" viewBox=\"0 0 7 7\">\
         <rect width=\"7\" height=\"7\" fill=\"hsl({hue} 35% 92%)\"/><g fill=\"hsl({hue} 45% 45%)\">"
    );
    for row in 0..5u64 {
        for column in 0..3u64 {
            if bits >> (16 + row * 3 + column) & 1 == 1 {
                let (left, right, y) = (column + 1, 5 - column, row + 1);
                svg.push_str(&format!(
                    "<path d=\"M{left} {y}h1v1h-1zM{right} {y}h1v1h-1z\"/>"
                ));
            }
        }
    }
    svg.push_str("</g></svg>");
    svg
}
