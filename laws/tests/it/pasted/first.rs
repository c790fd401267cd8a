//! Counterexamples as `Counterexample::rust` writes them. Generated.

#[rustfmt::skip]
mod union_all_absorbs {
    use escadre_algebra::{Facts, Fleet, denote};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: a ∪ 1 = a
        let a = Fleet::empty();
        let left = a.clone().union(Fleet::all());
        let right = a.clone();
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod overlay_commutative {
    use escadre_algebra::{Facts, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: a ⊕ b = b ⊕ a
        let a = deploy(Resource::new("r").set("p", 1));
        let b = deploy(Resource::new("r").set("p", 2));
        let left = a.clone().overlay(b.clone());
        let right = b.clone().overlay(a.clone());
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod overlay_first_wins {
    use escadre_algebra::{Facts, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: a ⊕ b ⊕ a = a ⊕ b
        let a = deploy(Resource::new("r").set("p", 1));
        let b = deploy(Resource::new("r").set("p", 2));
        let left = a.clone().overlay(b.clone()).overlay(a.clone());
        let right = a.clone().overlay(b.clone());
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod overlay_swaps_below {
    use escadre_algebra::{Facts, Fleet, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: a ⊕ b ⊕ c = b ⊕ a ⊕ c
        let a = deploy(Resource::new("r").set("p", 1));
        let b = deploy(Resource::new("r").set("p", 2));
        let c = Fleet::empty();
        let left = a.clone().overlay(b.clone()).overlay(c.clone());
        let right = b.clone().overlay(a.clone()).overlay(c.clone());
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod overlay_swaps_above {
    use escadre_algebra::{Facts, Fleet, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: a ⊕ b ⊕ c = a ⊕ c ⊕ b
        let a = Fleet::empty();
        let b = deploy(Resource::new("r").set("p", 2));
        let c = deploy(Resource::new("r").set("p", 3));
        let left = a.clone().overlay(b.clone()).overlay(c.clone());
        let right = a.clone().overlay(c.clone()).overlay(b.clone());
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod overlay_all_unit {
    use escadre_algebra::{Facts, Fleet, denote};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: a ⊕ 1 = a
        let a = Fleet::empty();
        let left = a.clone().overlay(Fleet::all());
        let right = a.clone();
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod overlay_distributes_right {
    use escadre_algebra::{Facts, Fleet, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: a ⊕ (b ∪ c) = (a ⊕ b) ∪ (a ⊕ c)
        let a = deploy(Resource::new("r").set("p", 1));
        let b = Fleet::empty();
        let c = deploy(Resource::new("r").set("p", 3));
        let left = a.clone().overlay(b.clone().union(c.clone()));
        let right = a.clone().overlay(b.clone()).union(a.clone().overlay(c.clone()));
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod overlay_monotone_layer {
    use escadre_algebra::{Facts, Fleet, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: a ⊕ b ⊑ a ⊕ (b ∪ c)
        let a = deploy(Resource::new("r").set("p", 1));
        let b = Fleet::empty();
        let c = deploy(Resource::new("r").set("p", 3));
        let left = a.clone().overlay(b.clone()).union(a.clone().overlay(b.clone().union(c.clone())));
        let right = a.clone().overlay(b.clone().union(c.clone()));
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod union_distributes_over_overlay {
    use escadre_algebra::{Facts, Fleet, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: a ∪ (b ⊕ c) = (a ∪ b) ⊕ (a ∪ c)
        let a = deploy(Resource::new("r").set("p", 1));
        let b = deploy(Resource::new("r").set("p", 2));
        let c = Fleet::empty();
        let left = a.clone().union(b.clone().overlay(c.clone()));
        let right = a.clone().union(b.clone()).overlay(a.clone().union(c.clone()));
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod base_below_overlay {
    use escadre_algebra::{Facts, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: a ⊑ a ⊕ b
        let a = deploy(Resource::new("r").set("p", 1));
        let b = deploy(Resource::new("r").set("p", 2));
        let left = a.clone().union(a.clone().overlay(b.clone()));
        let right = a.clone().overlay(b.clone());
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod union_absorption {
    use escadre_algebra::{Facts, Fleet, denote};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: a ∪ (a ⊕ b) = a
        let a = Fleet::empty();
        let b = Fleet::all();
        let left = a.clone().union(a.clone().overlay(b.clone()));
        let right = a.clone();
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod overlay_interchange {
    use escadre_algebra::{Facts, Fleet, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: (a ∪ b) ⊕ (c ∪ d) = (a ⊕ c) ∪ (b ⊕ d)
        let a = Fleet::empty();
        let b = deploy(Resource::new("r").set("p", 2));
        let c = deploy(Resource::new("r").set("p", 3));
        let d = Fleet::empty();
        let left = a.clone().union(b.clone()).overlay(c.clone().union(d.clone()));
        let right = a.clone().overlay(c.clone()).union(b.clone().overlay(d.clone()));
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod restrict_one_side {
    use escadre_algebra::{Facts, Fleet, denote, label};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: s · (a ⊕ b) = (s · a) ⊕ b
        let s = label("s").exists();
        let a = Fleet::empty();
        let b = Fleet::all();
        let left = a.clone().overlay(b.clone()).restrict(s.clone());
        let right = a.clone().restrict(s.clone()).overlay(b.clone());
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod restrict_layer_only {
    use escadre_algebra::{Facts, Fleet, denote, label};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: s · (a ⊕ b) = a ⊕ (s · b)
        let s = label("s").exists();
        let a = Fleet::all();
        let b = Fleet::empty();
        let left = a.clone().overlay(b.clone()).restrict(s.clone());
        let right = a.clone().overlay(b.clone().restrict(s.clone()));
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod double_exclusion {
    use escadre_algebra::{Facts, Fleet, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: without(a, without(a, b)) = within(b, a)
        let a = Fleet::all();
        let b = deploy(Resource::new("r").set("p", 2));
        let left = a.clone().without(a.clone().without(b.clone()));
        let right = b.clone().within(a.clone());
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod overlay_within_is_layer {
    use escadre_algebra::{Facts, Fleet, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: within(a ⊕ b, b) = b
        let a = deploy(Resource::new("r").set("p", 1));
        let b = Fleet::all();
        let left = a.clone().overlay(b.clone()).within(b.clone());
        let right = b.clone();
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod overlay_replaces_devices {
    use escadre_algebra::{Facts, Fleet, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: a ⊕ b = without(a, b) ∪ b
        let a = deploy(Resource::new("r").set("p", 1));
        let b = Fleet::all();
        let left = a.clone().overlay(b.clone());
        let right = a.clone().without(b.clone()).union(b.clone());
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}
