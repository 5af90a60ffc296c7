//! The forms that pictures are made into: which part is shown, and how large.

/// A part of a picture and its size. Never larger than the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The square in the middle, of at most this side.
    Square(u32),
    /// For the head of a profile: of at most this width; a picture less than twice as wide as high is cut to 4.3 : 1.
    Banner(u32),
    /// All of it, within a width and a height.
    Within(u32, u32),
    /// All of it, in its own size.
    Whole,
}

/// A part of a picture, in its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) x: u32,
    pub(super) y: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Shape {
    /// The part of a picture of this size that is shown.
    pub(super) fn part(self, width: u32, height: u32) -> Part {
        let (w, h) = match self {
            Self::Square(_) => (width.min(height), width.min(height)),
            Self::Banner(_) if width < height.saturating_mul(2) => {
                (width, scaled(width, 10, 43).clamp(1, height))
            }
            Self::Banner(_) | Self::Within(..) | Self::Whole => (width, height),
        };
        Part {
            x: (width - w) / 2,
            y: (height - h) / 2,
            width: w,
            height: h,
        }
    }

    /// The size that a part of this size gets.
    pub(super) fn size(self, part: Part) -> (u32, u32) {
        let (w, h) = (part.width, part.height);
        match self {
            Self::Square(side) => (w.min(side), h.min(side)),
            Self::Banner(most) if w > most => (most, scaled(h, most, w)),
            Self::Within(wide, high) if w > wide || h > high => {
                let by_width = u64::from(wide) * u64::from(h) <= u64::from(high) * u64::from(w);
                match by_width {
                    true => (wide, scaled(h, wide, w)),
                    false => (scaled(w, high, h), high),
                }
            }
            Self::Banner(_) | Self::Within(..) | Self::Whole => (w, h),
        }
    }
}

/// `side * by / of`, rounded to the nearest pixel, at least one.
pub(super) fn scaled(side: u32, by: u32, of: u32) -> u32 {
    let of = u64::from(of.max(1));
    let scaled = (u64::from(side) * u64::from(by) + of / 2) / of;
    u32::try_from(scaled).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shape_shows_its_part_in_its_size_and_never_enlarges() {
        for (shape, of, size) in [
            (Shape::Square(256), (4000, 3000), (256, 256)),
            (Shape::Square(256), (100, 3000), (100, 100)),
            (Shape::Banner(1920), (10_000, 10_000), (1920, 447)),
            (Shape::Banner(20_000), (10_000, 10_000), (10_000, 2326)),
            (Shape::Banner(1920), (1920, 960), (1920, 960)),
            (Shape::Banner(1920), (1919, 960), (1919, 446)),
            (Shape::Banner(480), (960, 223), (480, 112)),
            (Shape::Banner(960), (1, 60_000), (1, 1)),
            (Shape::Within(640, 960), (4000, 3000), (640, 480)),
            (Shape::Within(640, 960), (3000, 9000), (320, 960)),
            (Shape::Within(640, 960), (640, 960), (640, 960)),
            (Shape::Within(640, 960), (60_000, 1), (640, 1)),
            (Shape::Whole, (7, 9), (7, 9)),
        ] {
            let part = shape.part(of.0, of.1);
            assert!(part.x + part.width <= of.0 && part.y + part.height <= of.1);
            assert_eq!(shape.size(part), size, "{shape:?} of {of:?}");
        }
    }
}
