//! The diagram of a path as a drawing.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::answer::TooLarge;
use super::arena::{Node, Op, Ref};
use super::region;
use super::space::{Class, Dimension, Var};
use super::table::PointId;
use super::{Analysis, Made};
use crate::fleet::Fleet;
use crate::graph::Graph;
use crate::path::Path;

impl Analysis {
    /// The decision diagram of `path`: which tests decide what `fleet` claims there, and for whom.
    ///
    /// Leaves are the candidates as written, or that nothing is claimed; devices for which the
    /// assumptions do not hold lead nowhere.
    ///
    /// # Errors
    /// [`TooLarge`] if the budget is spent.
    ///
    /// ```
    /// use escadre_algebra::analysis::Analysis;
    /// use escadre_algebra::{Resource, deploy, label};
    /// let motd = |text: &str| deploy(Resource::new("motd").set("text", text));
    /// let fleet = motd("hello").overlay(motd("salut").restrict(label("country").eq("FR")));
    /// let graph = Analysis::of([&fleet]).diagram(&fleet, &"motd.text".parse()?)?;
    /// assert!(graph.to_dot().contains(r#"n0 -> n1 [label="= FR"];"#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn diagram(&mut self, fleet: &Fleet, path: &Path) -> Result<Graph, TooLarge> {
        let made = self.made(&[fleet], &[])?;
        let root = made.root(fleet);
        let points = &made.table.points;
        let point = points.iter().position(|point| !point.beneath && point.path == *path);
        let shape = point.and_then(|point| made.table.shape_of(point));
        let diagram = match shape {
            Some(shape) => made.candidates(root, shape)?,
            None => Ref::EMPTY,
        };
        let diagram = made.arena.apply(Op::When, made.care, diagram)?;
        Ok(made.draw(diagram, point))
    }
}

impl Made {
    fn draw(&self, root: Ref, point: Option<PointId>) -> Graph {
        // Leaves that say the same at the point are one; nodes are numbered breadth first.
        let mut numbers: HashMap<Vec<u32>, usize> = HashMap::new();
        let mut known: HashMap<Ref, usize> = HashMap::new();
        let mut nodes: Vec<(String, bool)> = Vec::new();
        let mut edges = Vec::new();
        let mut open = VecDeque::from([root]);
        let mut number = |at: Ref, nodes: &mut Vec<(String, bool)>, open: &mut VecDeque<Ref>| {
            if let Some(node) = self.arena.node(at) {
                return *known.entry(at).or_insert_with(|| {
                    nodes.push((self.name(node.var), false));
                    open.push_back(at);
                    nodes.len() - 1
                });
            }
            let slots = self.arena.slots(at);
            let values = point.map(|p| self.table.values_at(slots, p)).unwrap_or_default();
            *numbers.entry(values.clone()).or_insert_with(|| {
                nodes.push((self.candidates_text(&values), true));
                nodes.len() - 1
            })
        };
        open.clear();
        number(root, &mut nodes, &mut open);
        while let Some(at) = open.pop_front() {
            let Some(node) = self.arena.node(at) else { continue };
            let from = number(at, &mut nodes, &mut open);
            for (classes, child) in grouped(node) {
                let to = number(child, &mut nodes, &mut open);
                edges.push((from, to, self.classes_text(node.var, &classes)));
            }
            let to = number(node.otherwise, &mut nodes, &mut open);
            edges.push((from, to, "else".to_owned()));
        }
        Graph::of_parts(nodes, edges)
    }

    fn name(&self, var: Var) -> String {
        match self.space.dimension(var) {
            Dimension::Id(_) => "id".to_owned(),
            Dimension::Bucket(bucket) => format!("bucket({})", bucket.salt),
            Dimension::Label(key, _) => key.to_string(),
        }
    }

    fn candidates_text(&self, values: &[u32]) -> String {
        let texts: Vec<String> =
            values.iter().map(|number| self.table.value(*number).to_string()).collect();
        if texts.is_empty() { "nothing".to_owned() } else { texts.join(" | ") }
    }

    /// The classes in words, without the name of what is tested.
    fn classes_text(&self, var: Var, classes: &[Class]) -> String {
        let text = region::of_classes(var, classes, &self.space).to_string();
        let name = self.name(var);
        match text.strip_prefix(&name).map(str::trim_start) {
            Some(rest) if !text[name.len()..].contains(&name) => rest.to_owned(),
            _ => text,
        }
    }
}

/// The listed classes of a node by their child, in the order of their first class.
fn grouped(node: &Node) -> Vec<(Vec<Class>, Ref)> {
    let mut groups: BTreeMap<Ref, Vec<Class>> = BTreeMap::new();
    for (class, child) in node.listed.iter() {
        groups.entry(*child).or_default().push(*class);
    }
    let mut groups: Vec<(Vec<Class>, Ref)> =
        groups.into_iter().map(|(child, classes)| (classes, child)).collect();
    groups.sort();
    groups
}
