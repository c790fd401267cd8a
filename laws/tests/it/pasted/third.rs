//! Counterexamples as `Counterexample::rust` writes them. Generated.

#[rustfmt::skip]
mod forget_intersection_1 {
    use escadre_algebra::{Facts, PathSet, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: forget(P ∩ Q, a) = forget(P, a) ∪ forget(Q, a)
        let p = PathSet::under("r.p")?;
        let q = PathSet::point("r".parse()?);
        let a = deploy(Resource::new("r").set("p", 1));
        let left = a.clone().forget(p.clone().intersection(&q.clone()));
        let right = a.clone().forget(p.clone()).union(a.clone().forget(q.clone()));
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod keep_forget_union_0 {
    use escadre_algebra::{Facts, PathSet, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: keep(P, a) ∪ forget(P, a) = a
        let p = PathSet::point("r".parse()?);
        let a = deploy(Resource::new("r").set("p", 1));
        let left = a.clone().keep(p.clone()).union(a.clone().forget(p.clone()));
        let right = a.clone();
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod keep_forget_overlay_0 {
    use escadre_algebra::{Facts, PathSet, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: keep(P, a) ⊕ forget(P, a) = a
        let p = PathSet::point("r".parse()?);
        let a = deploy(Resource::new("r").set("p", 1));
        let left = a.clone().keep(p.clone()).overlay(a.clone().forget(p.clone()));
        let right = a.clone();
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod keep_forget_disjoint_0 {
    use escadre_algebra::{Facts, PathSet, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: keep(P, a) ⊕ forget(P, b) = keep(P, a) ∪ forget(P, b)
        let p = PathSet::under("r.p.y1")?;
        let a = deploy(Resource::new("r").set("p", 1));
        let b = deploy(Resource::new("r").set("p", 2));
        let left = a.clone().keep(p.clone()).overlay(b.clone().forget(p.clone()));
        let right = a.clone().keep(p.clone()).union(b.clone().forget(p.clone()));
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod overlay_of_kept_0 {
    use escadre_algebra::{Facts, PathSet, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: a ⊕ keep(P, b) = keep(P, a ⊕ b) ∪ forget(P, a ∪ forget(⊤, b))
        let p = PathSet::under("r.p.y1")?;
        let a = deploy(Resource::new("r").set("p", 1));
        let b = deploy(Resource::new("r").set("p", 2));
        let left = a.clone().overlay(b.clone().keep(p.clone()));
        let right = a.clone().overlay(b.clone()).keep(p.clone()).union(a.clone().union(b.clone().forget(PathSet::all())).forget(p.clone()));
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod union_patch_0 {
    use escadre_algebra::{Facts, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: (a ∪ b) ◁ c = (a ◁ c) ∪ (b ◁ c)
        let a = deploy(Resource::new("r").set("p", 1)).mask(deploy(Resource::new("r")));
        let b = deploy(Resource::new("r"));
        let c = deploy(Resource::new("r").set("p", 3));
        let left = a.clone().union(b.clone()).patch(c.clone());
        let right = a.clone().patch(c.clone()).union(b.clone().patch(c.clone()));
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod union_patch_1 {
    use escadre_algebra::{Facts, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: (a ∪ b) ◁ c = (a ◁ c) ∪ (b ◁ c)
        let a = deploy(Resource::new("r"));
        let b = deploy(Resource::new("r").set("p", 2)).mask(deploy(Resource::new("r")));
        let c = deploy(Resource::new("r").set("p", 3));
        let left = a.clone().union(b.clone()).patch(c.clone());
        let right = a.clone().patch(c.clone()).union(b.clone().patch(c.clone()));
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod overlay_patch_0 {
    use escadre_algebra::{Facts, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: (a ⊕ b) ◁ c = (a ◁ c) ⊕ (b ◁ c)
        let a = deploy(Resource::new("r"));
        let b = deploy(Resource::new("r").set("p", 2)).mask(deploy(Resource::new("r")));
        let c = deploy(Resource::new("r").set("p", 3));
        let left = a.clone().overlay(b.clone()).patch(c.clone());
        let right = a.clone().patch(c.clone()).overlay(b.clone().patch(c.clone()));
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod patch_below_overlay_0 {
    use escadre_algebra::{Facts, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: a ◁ b ⊑ a ⊕ b
        let a = deploy(Resource::new("r").set("p", 1)).mask(deploy(Resource::new("r")));
        let b = deploy(Resource::new("r").set("p", 2));
        let left = a.clone().patch(b.clone()).union(a.clone().overlay(b.clone()));
        let right = a.clone().overlay(b.clone());
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod overlay_over_patch_0 {
    use escadre_algebra::{Facts, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: a ⊕ b = (a ◁ b) ∪ (a ⊕ b)
        let a = deploy(Resource::new("r").set("p", 1)).mask(deploy(Resource::new("r")));
        let b = deploy(Resource::new("r").set("p", 2));
        let left = a.clone().overlay(b.clone());
        let right = a.clone().patch(b.clone()).union(a.clone().overlay(b.clone()));
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}
