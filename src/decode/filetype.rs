//! What kind of file a path asks for: its extension, out of a closed list, and whether that is a
//! static file.

use memchr::{memchr3, memrchr};

/// The lower-case extension of a path's last segment, where it is one of the known ones; empty for
/// all else, so that a stranger's paths make no more than these values.
#[must_use]
pub fn file_type(path: &str) -> &'static str {
    find(path).map_or("", |(extension, _)| extension)
}

/// Whether it is one of those that [`file_type`] tells, in any case.
#[must_use]
pub fn is_file_type(extension: &str) -> bool {
    known(extension).is_some()
}

/// Whether files of a type that [`file_type`] tells are handed out as they lie on the disk, as goaccess's
/// panel of static files has it: pages and data that programs make (`html`, `php`, `json`) are not.
#[must_use]
pub fn is_static(file_type: &str) -> bool {
    known(file_type).is_some_and(|(_, fixed)| *fixed)
}

/// The longest extension of the list.
const EXTENSION_MAX: usize = 11;

fn find(path: &str) -> Option<&'static (&'static str, bool)> {
    // `/a.css?v=2`, `/a.jsp;jsessionid=1`: what follows is not the file's name.
    let end = memchr3(b'?', b'#', b';', path.as_bytes()).unwrap_or(path.len());
    let path = &path[..end];
    let dot = memrchr(b'.', path.as_bytes())?;
    let extension = &path[dot + 1..];
    let name = memrchr(b'/', path.as_bytes()).map_or(0, |at| at + 1);
    // `.env` and `.git` are names, not extensions.
    if dot <= name || extension.len() > EXTENSION_MAX {
        return None;
    }
    known(extension)
}

fn known(extension: &str) -> Option<&'static (&'static str, bool)> {
    let order = |known: &(&str, bool)| {
        known.0.bytes().cmp(extension.bytes().map(|b| b.to_ascii_lowercase()))
    };
    KNOWN.binary_search_by(order).ok().map(|at| &KNOWN[at])
}

/// Extensions and whether they are static files; sorted.
static KNOWN: &[(&str, bool)] = &[
    ("3gp", true),
    ("7z", true),
    ("aac", true),
    ("ai", true),
    ("aiff", true),
    ("apk", true),
    ("asp", false),
    ("aspx", false),
    ("atom", false),
    ("avi", true),
    ("avif", true),
    ("bak", true),
    ("bin", true),
    ("bmp", true),
    ("br", true),
    ("bz2", true),
    ("cgi", false),
    ("conf", true),
    ("css", true),
    ("csv", true),
    ("deb", true),
    ("dll", true),
    ("dmg", true),
    ("do", false),
    ("doc", true),
    ("docx", true),
    ("env", true),
    ("eot", true),
    ("eps", true),
    ("epub", true),
    ("exe", true),
    ("flac", true),
    ("flv", true),
    ("gif", true),
    ("gz", true),
    ("heic", true),
    ("htm", false),
    ("html", false),
    ("hwp", true),
    ("ico", true),
    ("ics", true),
    ("img", true),
    ("ini", true),
    ("iso", true),
    ("jar", true),
    ("jfif", true),
    ("jpeg", true),
    ("jpg", true),
    ("js", true),
    ("json", false),
    ("jsp", false),
    ("jsx", true),
    ("jxl", true),
    ("less", true),
    ("log", true),
    ("m3u8", true),
    ("m4a", true),
    ("m4s", true),
    ("m4v", true),
    ("map", true),
    ("md", true),
    ("mid", true),
    ("midi", true),
    ("mjs", true),
    ("mkv", true),
    ("mov", true),
    ("mp3", true),
    ("mp4", true),
    ("mpd", true),
    ("mpeg", true),
    ("mpg", true),
    ("msi", true),
    ("ods", true),
    ("odt", true),
    ("oga", true),
    ("ogg", true),
    ("ogv", true),
    ("old", true),
    ("opus", true),
    ("otf", true),
    ("pdf", true),
    ("php", false),
    ("phtml", false),
    ("pkg", true),
    ("pl", false),
    ("png", true),
    ("ppt", true),
    ("pptx", true),
    ("ps", true),
    ("psd", true),
    ("py", false),
    ("rar", true),
    ("rb", false),
    ("rdf", false),
    ("rpm", true),
    ("rss", false),
    ("rtf", true),
    ("scss", true),
    ("sh", true),
    ("shtml", false),
    ("sql", true),
    ("svg", true),
    ("svgz", true),
    ("swf", true),
    ("tar", true),
    ("tgz", true),
    ("tif", true),
    ("tiff", true),
    ("ts", true),
    ("tsx", true),
    ("ttf", true),
    ("txt", true),
    ("vcf", true),
    ("vtt", true),
    ("wasm", true),
    ("wav", true),
    ("weba", true),
    ("webm", true),
    ("webmanifest", true),
    ("webp", true),
    ("wma", true),
    ("wmv", true),
    ("woff", true),
    ("woff2", true),
    ("xhtml", false),
    ("xls", true),
    ("xlsx", true),
    ("xml", false),
    ("xz", true),
    ("yaml", true),
    ("yml", true),
    ("zip", true),
    ("zst", true),
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_type_is_the_known_extension_of_the_last_segment() {
        let cases = [
            ("/a/style.css", "css", true),
            ("/a/LOGO.PNG", "png", true),
            ("/a/app.3f9c1b2d.js", "js", true),
            ("/a.js?v=1.css", "js", true),
            ("/cart.jsp;jsessionid=1.css", "jsp", false),
            ("/font.woff2#iefix", "woff2", true),
            ("/site.webmanifest", "webmanifest", true),
            ("/index.php", "php", false),
            ("/feed.xml", "xml", false),
            ("/robots.txt", "txt", true),
            ("/v1.2/users", "", false),
            ("/a.css/b", "", false),
            ("/.env", "", false),
            ("/.git/config", "", false),
            ("/a.", "", false),
            ("/a.unknownext", "", false),
            ("/a.cssssssssssssssssssss", "", false),
            ("/", "", false),
            ("", "", false),
            ("*", "", false),
            ("/그림.jpg", "jpg", true),
        ];
        for (path, expected, fixed) in cases {
            let found = file_type(path);
            assert_eq!((found, is_static(found)), (expected, fixed), "{path}");
        }
    }

    #[test]
    fn extensions_are_sorted_lower_case_and_as_long_as_is_read() {
        assert!(KNOWN.is_sorted_by(|a, b| a.0 < b.0));
        assert!(KNOWN.iter().all(|(e, _)| !e.bytes().any(|b| b.is_ascii_uppercase())));
        assert_eq!(KNOWN.iter().map(|(e, _)| e.len()).max(), Some(EXTENSION_MAX));
    }

    proptest! {
        #[test]
        fn any_text_has_a_type_of_the_list_or_none(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let path = String::from_utf8_lossy(&bytes);
            let found = file_type(&path);
            prop_assert!(found.is_empty() || KNOWN.iter().any(|(e, _)| *e == found));
            prop_assert!(!is_static(found) || !found.is_empty());
        }
    }
}
