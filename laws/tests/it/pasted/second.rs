//! Counterexamples as `Counterexample::rust` writes them. Generated.

#[rustfmt::skip]
mod within_symmetric {
    use escadre_algebra::{Facts, Fleet, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: within(a, b) = within(b, a)
        let a = Fleet::all();
        let b = deploy(Resource::new("r").set("p", 2));
        let left = a.clone().within(b.clone());
        let right = b.clone().within(a.clone());
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod forget_everything_empties {
    use escadre_algebra::{Facts, Fleet, PathSet, denote};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: forget(⊤, a) = 0
        let a = Fleet::all();
        let left = a.clone().forget(PathSet::all());
        let right = Fleet::empty();
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod forget_layer_outside {
    use escadre_algebra::{Facts, Fleet, PathSet, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: a ⊕ forget(P, b) = forget(P, a ⊕ b)
        let p = PathSet::under("r.p")?;
        let a = deploy(Resource::new("r").set("p", 1));
        let b = Fleet::empty();
        let left = a.clone().overlay(b.clone().forget(p.clone()));
        let right = a.clone().overlay(b.clone()).forget(p.clone());
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod mask_self_empties {
    use escadre_algebra::{Facts, Fleet, denote};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: a mask a = 0
        let a = Fleet::all();
        let left = a.clone().mask(a.clone());
        let right = Fleet::empty();
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod patch_associative {
    use escadre_algebra::{Facts, Fleet, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: a ◁ b ◁ c = a ◁ (b ◁ c)
        let a = deploy(Resource::new("r"));
        let b = Fleet::empty();
        let c = deploy(Resource::new("r").set("p", 3));
        let left = a.clone().patch(b.clone()).patch(c.clone());
        let right = a.clone().patch(b.clone().patch(c.clone()));
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod overlay_patch_outside {
    use escadre_algebra::{Facts, Fleet, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: a ⊕ (b ◁ c) = (a ⊕ b) ◁ c
        let a = deploy(Resource::new("r"));
        let b = Fleet::empty();
        let c = deploy(Resource::new("r").set("p", 3));
        let left = a.clone().overlay(b.clone().patch(c.clone()));
        let right = a.clone().overlay(b.clone()).patch(c.clone());
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod patch_distributes_right {
    use escadre_algebra::{Facts, Fleet, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: a ◁ (b ∪ c) = (a ◁ b) ∪ (a ◁ c)
        let a = deploy(Resource::new("r").set("p", 1));
        let b = Fleet::empty();
        let c = deploy(Resource::new("r").set("p", 3));
        let left = a.clone().patch(b.clone().union(c.clone()));
        let right = a.clone().patch(b.clone()).union(a.clone().patch(c.clone()));
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod overlay_by_patch {
    use escadre_algebra::{Facts, Fleet, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: a ⊕ b = (a ◁ b) ∪ without(b, a)
        let a = Fleet::all();
        let b = deploy(Resource::new("r"));
        let left = a.clone().overlay(b.clone());
        let right = a.clone().patch(b.clone()).union(b.clone().without(a.clone()));
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod patch_commutative {
    use escadre_algebra::{Facts, Fleet, denote};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: a ◁ b = b ◁ a
        let a = Fleet::empty();
        let b = Fleet::all();
        let left = a.clone().patch(b.clone());
        let right = b.clone().patch(a.clone());
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod patch_is_overlay {
    use escadre_algebra::{Facts, Fleet, denote};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: a ◁ b = a ⊕ b
        let a = Fleet::empty();
        let b = Fleet::all();
        let left = a.clone().patch(b.clone());
        let right = a.clone().overlay(b.clone());
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod device_patch_associative {
    use escadre_algebra::{Facts, Fleet, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: a ⊕ within(b, a) ⊕ within(c, a ⊕ within(b, a)) = a ⊕ within(b ⊕ within(c, b), a)
        let a = Fleet::all();
        let b = Fleet::empty();
        let c = deploy(Resource::new("r").set("p", 3));
        let left = a.clone().overlay(b.clone().within(a.clone())).overlay(c.clone().within(a.clone().overlay(b.clone().within(a.clone()))));
        let right = a.clone().overlay(b.clone().overlay(c.clone().within(b.clone())).within(a.clone()));
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod device_patch_distributes_right {
    use escadre_algebra::{Facts, Fleet, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: a ⊕ within(b ∪ c, a) = (a ⊕ within(b, a)) ∪ (a ⊕ within(c, a))
        let a = deploy(Resource::new("r").set("p", 1));
        let b = Fleet::empty();
        let c = deploy(Resource::new("r").set("p", 3));
        let left = a.clone().overlay(b.clone().union(c.clone()).within(a.clone()));
        let right = a.clone().overlay(b.clone().within(a.clone())).union(a.clone().overlay(c.clone().within(a.clone())));
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod device_patch_commutative {
    use escadre_algebra::{Facts, Fleet, denote};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: a ⊕ within(b, a) = b ⊕ within(a, b)
        let a = Fleet::empty();
        let b = Fleet::all();
        let left = a.clone().overlay(b.clone().within(a.clone()));
        let right = b.clone().overlay(a.clone().within(b.clone()));
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod device_patch_is_overlay {
    use escadre_algebra::{Facts, Fleet, denote};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: a ⊕ within(b, a) = a ⊕ b
        let a = Fleet::empty();
        let b = Fleet::all();
        let left = a.clone().overlay(b.clone().within(a.clone()));
        let right = a.clone().overlay(b.clone());
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod keep_intersection_of_subtrees {
    use escadre_algebra::{Facts, PathSet, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: keep(P, keep(Q, a)) = keep(P ∩ Q, a)
        let p = PathSet::point("r.p".parse()?);
        let q = PathSet::under("r.p.y1")?;
        let a = deploy(Resource::new("r").set("p", 1));
        let left = a.clone().keep(q.clone()).keep(p.clone());
        let right = a.clone().keep(p.clone().intersection(&q.clone()));
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod keep_keep_0 {
    use escadre_algebra::{Facts, PathSet, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: keep(P, keep(Q, a)) = keep(P ∩ Q, a)
        let p = PathSet::under("r.p.y1")?;
        let q = PathSet::point("r.p".parse()?);
        let a = deploy(Resource::new("r").set("p", 1));
        let left = a.clone().keep(q.clone()).keep(p.clone());
        let right = a.clone().keep(p.clone().intersection(&q.clone()));
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}

#[rustfmt::skip]
mod forget_intersection_0 {
    use escadre_algebra::{Facts, PathSet, Resource, denote, deploy};

    #[test]
    fn differs() -> Result<(), Box<dyn std::error::Error>> {
        // This does not hold: forget(P ∩ Q, a) = forget(P, a) ∪ forget(Q, a)
        let p = PathSet::point("r".parse()?);
        let q = PathSet::under("r.p")?;
        let a = deploy(Resource::new("r").set("p", 1));
        let left = a.clone().forget(p.clone().intersection(&q.clone()));
        let right = a.clone().forget(p.clone()).union(a.clone().forget(q.clone()));
        let device = Facts::of("device", [])?;
        assert_ne!(denote::<()>(&left, &device), denote::<()>(&right, &device));
        Ok(())
    }
}
