//! Deep and shared selectors: nothing recurses, nothing writes sharing out.

use std::hint::black_box;

use escadre_algebra::{Facts, Selector, label};

const DEEP: usize = 100_000;

/// Runs `work` on a stack of 256 KiB.
fn on_small_stack(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(256 << 10).spawn(work).unwrap().join().unwrap();
}

fn exercise(s: &Selector) {
    let d = Facts::of("d", [("a", "1")]).unwrap();
    let unknown = d.clone().with_unknown("b").unwrap();
    black_box((s.matches(&d), s.matches(&unknown), s.holds_on(&d), s.failing(&d)));
    assert!(s.atoms().len() <= 2 && s.problems().is_empty());
    assert!(s.same_shape(&s.clone()));
    assert!(format!("{s:?}").len() < 1100);
}

fn deep() -> Selector {
    (0..DEEP).fold(label("a").exists(), |s, i| match i % 3 {
        0 => !(s & label("b").exists()),
        1 => s | label("b").exists(),
        _ => label("a").exists() & s,
    })
}

#[test]
fn a_hundred_thousand_nested_operators_work_on_a_small_stack() {
    on_small_stack(|| {
        let s = deep();
        exercise(&s);
        assert!(s.same_shape(&deep()));
        let text = s.to_string();
        drop(s);
        assert!(text.len() > DEEP);
    });
}

#[test]
fn a_deep_selector_is_read_back_from_its_text() {
    on_small_stack(|| {
        let nested = (0..DEEP / 2).fold(label("a").exists(), |s, i| {
            if i % 2 == 0 { s & label("b").exists() } else { s | label("b").exists() }
        });
        assert!(Selector::parse(&nested.to_string()).unwrap().same_shape(&nested));
    });
}

#[test]
fn a_hundred_thousand_parentheses_and_negations_parse_on_a_small_stack() {
    on_small_stack(|| {
        let n = DEEP;
        let s = Selector::parse(&format!("{}a{}", "(".repeat(n), ")".repeat(n))).unwrap();
        assert_eq!(s.to_string(), "a");
        let s = Selector::parse(&format!("{}a{}", "!(".repeat(n), ")".repeat(n))).unwrap();
        assert_eq!(s.to_string(), "a");
        assert_eq!(
            Selector::parse(&format!("{}a", "not ".repeat(n + 1))).unwrap().to_string(),
            "!a"
        );
        assert!(Selector::parse(&"(".repeat(n)).is_err());
        assert!(Selector::parse(&format!("a{}", ")".repeat(n))).is_err());
        let n = n / 2;
        let text = format!("{}a{}", "not (b or ".repeat(n), ")".repeat(n));
        exercise(&Selector::parse(&text).unwrap());
    });
}

#[test]
fn sixty_four_levels_of_sharing_cost_sixty_four_steps() {
    on_small_stack(|| {
        let shared = || {
            (0..64).fold(label("a").exists() & label("b").exists(), |s, i| {
                if i % 2 == 0 { s.clone() & s } else { !(s.clone() | s) }
            })
        };
        let s = shared();
        assert_eq!(s.tree_size(), u64::MAX);
        exercise(&s);
        assert!(s.same_shape(&shared()));
        assert!(!s.same_shape(&!shared()));
        assert_eq!(s.postorder().len(), 64 + 32 + 3);
    });
}

#[test]
fn wide_selectors_are_evaluated_too() {
    let wide = Selector::any_of((0..DEEP).map(|i| label("a").eq(i.to_string())));
    assert_eq!(wide.matches(&Facts::of("d", [("a", "99999")]).unwrap()), Some(true));
    assert_eq!(wide.matches(&Facts::of("d", [("a", "x")]).unwrap()), Some(false));
    assert_eq!(wide.tree_size(), DEEP as u64 + 1);
}

#[test]
fn tree_sizes_count_nodes_with_sharing_written_out() {
    let s = label("a").exists();
    assert_eq!(s.tree_size(), 1);
    assert_eq!((s.clone() & !s).tree_size(), 4);
}

#[test]
fn a_deep_selector_holds_where_all_parts_of_its_ands_do_and_fails_where_none_of_its_ors_does() {
    let yes = |i: usize| label(format!("yes{i}")).eq("1");
    let no = |i: usize| label(format!("no{i}")).exists();
    let deep = (0..40).fold(label("x").exists(), |s, i| (s | no(i)) & yes(i));
    let mut labels: Vec<(String, &str)> = (0..40).map(|i| (format!("yes{i}"), "1")).collect();
    for x in [false, true] {
        if x {
            labels.push(("x".to_owned(), "1"));
        }
        let own = labels.iter().map(|(key, value)| (key.as_str(), *value));
        let facts = Facts::of("d", own).unwrap();
        assert_eq!((deep.holds_on(&facts), deep.matches(&facts)), (x, Some(x)));
    }
}
