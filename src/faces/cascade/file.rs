//! Reading a cascade as OpenCV stores it.

use std::path::Path;

use roxmltree::{Document, Node as Element};

use super::{Branch, Cascade, Feature, Node, Rectangle, Stage, Tree};
use crate::error::{Error, Result};

/// OpenCV takes this from each stage's threshold, so that rounding drops no window.
const SLACK: f32 = 1e-5;
/// Nodes of the largest tree that is taken; those of OpenCV's cascades have two.
pub(super) const MOST_NODES: usize = 8;
/// Longest side of a window; those of OpenCV's cascades have 45 at most. Places in sums of more would leave 16 bits.
const LONGEST_SIDE: usize = 64;

impl Cascade {
    /// The cascade in a text, or none where it is a cascade of a kind that this reader leaves to OpenCV: of the old
    /// format, of local binary patterns, with tilted features, larger windows or larger trees.
    ///
    /// # Errors
    /// [`Error::Malformed`] for everything else; `path` is named.
    pub(in super::super) fn read(text: &str, path: &Path) -> Result<Option<Self>> {
        let wrong = |place: &str, found: &str| Error::malformed(path, place, found, WANTED);
        let document = Document::parse(text).map_err(|e| wrong("", &e.to_string()))?;
        let storage = document.root_element();
        let cascade = storage.children().find(Element::is_element);
        let (true, Some(cascade)) = (storage.has_tag_name("opencv_storage"), cascade) else {
            return Err(wrong("", "no storage of OpenCV with a cascade"));
        };
        if is_of_another_kind(cascade) {
            return Ok(None);
        }
        let read = read(cascade).map_err(|(place, found)| wrong(&place, &found))?;
        let mut trees = read.stages.iter().flat_map(|stage| &stage.trees);
        let is_ours =
            read.window.iter().all(|&side| side <= LONGEST_SIDE) && trees.all(|t| t.nodes.len() <= MOST_NODES);
        Ok(is_ours.then_some(read))
    }
}

/// What a file that is refused should have been.
pub(in super::super) const WANTED: &str = "a cascade of OpenCV as XML, such as haarcascade_frontalface_default.xml";

/// The place and what was found there.
type Wrong = (String, String);

fn is_of_another_kind(cascade: Element<'_, '_>) -> bool {
    let old = cascade.attribute("type_id") == Some("opencv-haar-classifier");
    let other = child(cascade, "featureType").is_ok_and(|kind| text(kind) != "HAAR");
    let tilted = || cascade.descendants().any(|n| n.has_tag_name("tilted") && text(n) != "0");
    old || other || tilted()
}

fn read(cascade: Element<'_, '_>) -> std::result::Result<Cascade, Wrong> {
    let side = |name: &str| -> std::result::Result<usize, Wrong> {
        let side = number::<usize>(text(child(cascade, name)?), name)?;
        // The contrast of a window is measured within a border of one pixel.
        match side >= 3 {
            true => Ok(side),
            false => Err((name.to_string(), format!("{side} pixels, not 3 or more"))),
        }
    };
    let window = [side("width")?, side("height")?];
    let features = items(child(cascade, "features")?)
        .enumerate()
        .map(|(i, element)| feature(element, window, &format!("feature {i}")))
        .collect::<std::result::Result<Vec<_>, _>>()?;
    let stages = items(child(cascade, "stages")?)
        .enumerate()
        .map(|(i, element)| stage(element, &features, &format!("stage {i}")))
        .collect::<std::result::Result<Vec<_>, _>>()?;
    match stages.is_empty() {
        true => Err(("stages".to_string(), "none".to_string())),
        false => Ok(Cascade { window, stages }),
    }
}

fn feature(element: Element<'_, '_>, window: [usize; 2], place: &str) -> std::result::Result<Feature, Wrong> {
    let rectangle = |element| {
        let found = text(element);
        let wrong =
            || (place.to_string(), format!("the rectangle `{found}`, not x y width height weight inside the window"));
        let [x, y, width, height, weight] = words(found, place)?.try_into().map_err(|_| wrong())?;
        let whole = |value: f64| {
            (value.fract() == 0.0 && (0.0..=f64::from(u16::MAX)).contains(&value)).then_some(value as usize)
        };
        let sides = [x, y, width, height].map(whole);
        match sides {
            [Some(x), Some(y), Some(width), Some(height)] if x + width <= window[0] && y + height <= window[1] => {
                Ok(Rectangle { x, y, width, height, weight: weight as f32 })
            }
            _ => Err(wrong()),
        }
    };
    let rectangles = items(child(element, "rects")?).map(rectangle).collect::<std::result::Result<Vec<_>, Wrong>>()?;
    match rectangles.len() {
        2 | 3 => Ok(Feature { rectangles }),
        n => Err((place.to_string(), format!("{n} rectangles, not 2 or 3"))),
    }
}

fn stage(element: Element<'_, '_>, features: &[Feature], place: &str) -> std::result::Result<Stage, Wrong> {
    let threshold = number::<f64>(text(child(element, "stageThreshold")?), place)? as f32 - SLACK;
    let trees = items(child(element, "weakClassifiers")?)
        .enumerate()
        .map(|(i, element)| tree(element, features, &format!("{place}, tree {i}")))
        .collect::<std::result::Result<Vec<_>, _>>()?;
    match trees.is_empty() || !threshold.is_finite() {
        true => Err((place.to_string(), format!("{} trees, threshold {threshold}", trees.len()))),
        false => Ok(Stage { trees, threshold }),
    }
}

/// A node is four numbers: where values below its threshold lead, where others lead (above 0 a node, from 0 down a leaf),
/// its feature, its threshold.
fn tree(element: Element<'_, '_>, features: &[Feature], place: &str) -> std::result::Result<Tree, Wrong> {
    let numbers = words(text(child(element, "internalNodes")?), place)?;
    let leaves = words(text(child(element, "leafValues")?), place)?;
    let nodes = numbers.len() / 4;
    if nodes == 0 || numbers.len() % 4 != 0 || leaves.len() != nodes + 1 {
        return Err((place.to_string(), format!("{} numbers of nodes and {} leaves", numbers.len(), leaves.len())));
    }
    let node = |(i, numbers): (usize, &[f64])| {
        let wrong = |what: &str| (place.to_string(), format!("node {i} leads to {what} that it does not have"));
        let branch = |to: f64| match to > 0.0 {
            true if to > i as f64 && to < nodes as f64 && to.fract() == 0.0 => Ok(Branch::Node(to as usize)),
            true => Err(wrong("a node")),
            false => leaves.get(-to as usize).map(|&vote| Branch::Vote(vote as f32)).ok_or_else(|| wrong("a leaf")),
        };
        let [below, above, feature, threshold] = <[f64; 4]>::try_from(numbers).map_err(|_| wrong("numbers"))?;
        let known = (feature >= 0.0).then(|| features.get(feature as usize)).flatten();
        let feature = known.ok_or_else(|| wrong("a feature"))?.clone();
        Ok(Node { feature, threshold: threshold as f32, below: branch(below)?, above: branch(above)? })
    };
    let nodes = numbers.chunks_exact(4).enumerate().map(node).collect::<std::result::Result<_, Wrong>>()?;
    Ok(Tree { nodes })
}

fn child<'a, 'i>(of: Element<'a, 'i>, name: &str) -> std::result::Result<Element<'a, 'i>, Wrong> {
    of.children().find(|c| c.has_tag_name(name)).ok_or_else(|| {
        let of = of.tag_name().name().to_string();
        (of, format!("no <{name}>"))
    })
}

/// What a list of OpenCV's storage holds.
fn items<'a, 'i>(of: Element<'a, 'i>) -> impl Iterator<Item = Element<'a, 'i>> {
    of.children().filter(|c| c.has_tag_name("_"))
}

fn text<'a>(of: Element<'a, '_>) -> &'a str {
    of.text().unwrap_or_default().trim()
}

/// Numbers with white space between them; each must be finite.
fn words(text: &str, place: &str) -> std::result::Result<Vec<f64>, Wrong> {
    text.split_whitespace().map(|word| number::<f64>(word, place)).collect::<std::result::Result<_, _>>().and_then(
        |all: Vec<f64>| match all.iter().all(|v| v.is_finite()) {
            true => Ok(all),
            false => Err((place.to_string(), format!("`{text}`, not finite numbers"))),
        },
    )
}

fn number<T: std::str::FromStr>(text: &str, place: &str) -> std::result::Result<T, Wrong> {
    // OpenCV writes whole numbers with a point and nothing behind it.
    text.trim_end_matches('.').parse().map_err(|_| (place.to_string(), format!("`{text}`, not a number")))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Two stages over windows of 6 x 5 pixels; the second one has a tree of two nodes.
    pub(in super::super) const SMALL: &str = r#"<?xml version="1.0"?>
<opencv_storage>
<cascade type_id="opencv-cascade-classifier"><stageType>BOOST</stageType>
  <featureType>HAAR</featureType> <height>5</height> <width>6</width> <stageNum>2</stageNum>
  <stages>
    <_><maxWeakCount>1</maxWeakCount> <stageThreshold>0.5</stageThreshold>
      <weakClassifiers>
        <_><internalNodes> 0 -1 0 2.5e-02</internalNodes> <leafValues> 1. -1.</leafValues></_></weakClassifiers></_>
    <_><maxWeakCount>2</maxWeakCount> <stageThreshold>-0.25</stageThreshold>
      <weakClassifiers>
        <_><internalNodes> 1 0 1 -3.0e-02 -1 -2 0 1.0e-02</internalNodes> <leafValues> 0.5 -0.5 0.25</leafValues></_>
        <_><internalNodes> 0 -1 1 0.</internalNodes> <leafValues> -0.125 0.5</leafValues></_></weakClassifiers></_></stages>
  <features>
    <_><rects><_> 0 0 6 4 -1.</_><_> 0 2 6 2 2.</_></rects></_>
    <_><rects><_> 1 0 3 5 -1.</_><_> 2 0 1 5 2.</_><_> 5 4 1 1 0.5</_></rects><tilted>0</tilted></_></features>
</cascade>
</opencv_storage>
"#;

    fn read(text: &str) -> Result<Option<Cascade>> {
        Cascade::read(text, Path::new("some.xml"))
    }

    #[test]
    fn stages_trees_and_features_are_read() {
        let cascade = read(SMALL).unwrap().unwrap();
        assert_eq!(cascade.window, [6, 5]);
        assert_eq!(cascade.stages.iter().map(|s| s.threshold).collect::<Vec<_>>(), [0.5 - 1e-5, -0.25 - 1e-5]);
        assert_eq!(cascade.stages.iter().map(|s| s.trees.len()).collect::<Vec<_>>(), [1, 2]);
        let [first, second] = cascade.stages[1].trees[0].nodes.as_slice() else { unreachable!() };
        assert_eq!((first.below, first.above), (Branch::Node(1), Branch::Vote(0.5)));
        assert_eq!((second.below, second.above), (Branch::Vote(-0.5), Branch::Vote(0.25)));
        assert_eq!(first.feature.rectangles[2], Rectangle { x: 5, y: 4, width: 1, height: 1, weight: 0.5 });
    }

    #[test]
    fn other_kinds_are_left_to_opencv() {
        let large = "1 0 0 0 2 0 0 0 3 0 0 0 4 0 0 0 5 0 0 0 6 0 0 0 7 0 0 0 8 0 0 0 0 -1 0 0";
        for (from, to) in [
            ("<featureType>HAAR", "<featureType>LBP"),
            ("<tilted>0", "<tilted>1"),
            ("opencv-cascade-classifier", "opencv-haar-classifier"),
            ("<width>6", "<width>65"),
        ] {
            assert_eq!(read(&SMALL.replace(from, to)).unwrap(), None, "{to}");
        }
        let text = SMALL.replace("1 0 1 -3.0e-02 -1 -2 0 1.0e-02", large);
        assert_eq!(read(&text.replace("0.5 -0.5 0.25", &"1 ".repeat(10))).unwrap(), None);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (from, to, said) in [
            ("</opencv_storage>", "", "some.xml"),
            ("opencv_storage>", "other>", "no storage of OpenCV"),
            ("<width>6", "<width>2", "2 pixels"),
            ("<width>6", "<width>six", "`six`, not a number"),
            ("5 4 1 1 0.5", "5 4 2 1 0.5", "feature 1: found the rectangle `5 4 2 1 0.5`"),
            ("5 4 1 1 0.5", "5 4 1 1", "feature 1"),
            ("5 4 1 1 0.5", "5 4 1 1 nan", "finite"),
            ("0 -1 0 2.5e-02", "0 -1 2 2.5e-02", "stage 0, tree 0: found node 0 leads to a feature"),
            ("0 -1 0 2.5e-02", "0 -2 0 2.5e-02", "a leaf"),
            ("1 0 1 -3.0e-02", "2 0 1 -3.0e-02", "stage 1, tree 0: found node 0 leads to a node"),
            ("-1 -2 0 1.0e-02", "-1 1 0 1.0e-02", "node 1 leads to a node"),
            ("0.5 -0.5 0.25", "0.5 -0.5", "stage 1, tree 0: found 8 numbers of nodes and 2 leaves"),
            ("stageThreshold>0.5", "stageThreshold>1e60", "stage 0"),
            ("<features>", "<other>", "some.xml"),
        ] {
            let text = SMALL.replace(from, to);
            let error = read(&text).unwrap_err().to_string();
            assert!(error.contains(said) && error.contains("some.xml"), "{to}: {error}");
        }
        let none = "<opencv_storage><cascade><width>5</width><height>5</height><features/><stages/></cascade></opencv_storage>";
        assert!(read(none).unwrap_err().to_string().contains("none"));
    }
}
