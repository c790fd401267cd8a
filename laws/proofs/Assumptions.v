(** * Assumptions of every theorem: none

    For each file, a tuple of all its theorems; nothing that any of them rests
    on is an axiom, and so each [Print] says "Closed under the global context".
    (One command a theorem would say the same, and take minutes.) *)
From Escadre Require Soundness Completeness Cases LawsOverlay LawsRestrict LawsPaths LawsPatch
  NonLaws Order Complete Independence Implications Layers Counterexamples Orphans PathSets Rendering
  Unknown Rollout Corpus.

Definition theorems_of_soundness := (
  Soundness.check_sound).
Print Assumptions theorems_of_soundness.

Definition theorems_of_completeness := (
  Completeness.counterexample, Completeness.check_complete, Completeness.check_correct,
  Completeness.validity_decidable).
Print Assumptions theorems_of_completeness.

Definition theorems_of_cases := (
  Cases.fleet_cases_count, Cases.selector_cases_count, Cases.set_cases_count,
  Cases.flat_cases_count, Cases.check_flat_correct).
Print Assumptions theorems_of_cases.

Definition theorems_of_laws_overlay := (
  LawsOverlay.union_associative, LawsOverlay.union_commutative, LawsOverlay.union_unit,
  LawsOverlay.union_idempotent, LawsOverlay.below_reflexive, LawsOverlay.below_union,
  LawsOverlay.below_monotone_union, LawsOverlay.overlay_associative,
  LawsOverlay.overlay_unit_left, LawsOverlay.overlay_unit_right, LawsOverlay.overlay_idempotent,
  LawsOverlay.overlay_last_wins, LawsOverlay.overlay_twice_below,
  LawsOverlay.overlay_twice_above, LawsOverlay.overlay_self_ordered,
  LawsOverlay.overlay_distributes_over_union_left, LawsOverlay.overlay_of_union,
  LawsOverlay.overlay_of_union_below, LawsOverlay.overlay_monotone_base,
  LawsOverlay.overlay_chain, LawsOverlay.union_of_overlay_below,
  LawsOverlay.layer_below_overlay, LawsOverlay.overlay_below_union,
  LawsOverlay.union_absorbs_overlay, LawsOverlay.union_of_both_orders,
  LawsOverlay.overlay_absorbs_union, LawsOverlay.overlay_absorbs_base,
  LawsOverlay.overlay_exchange).
Print Assumptions theorems_of_laws_overlay.

Definition theorems_of_laws_restrict := (
  LawsRestrict.restrict_true, LawsRestrict.restrict_false, LawsRestrict.restrict_empty,
  LawsRestrict.restrict_and, LawsRestrict.restrict_or_union, LawsRestrict.restrict_or_overlay,
  LawsRestrict.restrict_split, LawsRestrict.restrict_union, LawsRestrict.restrict_overlay,
  LawsRestrict.overlay_restricted, LawsRestrict.restricted_overlay,
  LawsRestrict.restricted_union, LawsRestrict.restrict_disjoint, LawsRestrict.restrict_below,
  LawsRestrict.choose_meaning, LawsRestrict.choose_same, LawsRestrict.choose_negated,
  LawsRestrict.choose_overlay, LawsRestrict.within_membership, LawsRestrict.without_membership,
  LawsRestrict.within_without_union, LawsRestrict.within_without_overlay,
  LawsRestrict.within_self, LawsRestrict.without_self, LawsRestrict.within_empty,
  LawsRestrict.without_empty, LawsRestrict.empty_within, LawsRestrict.empty_without,
  LawsRestrict.within_all, LawsRestrict.without_all, LawsRestrict.within_within,
  LawsRestrict.within_commutes, LawsRestrict.without_commutes, LawsRestrict.without_union,
  LawsRestrict.without_overlay, LawsRestrict.within_union, LawsRestrict.within_overlay,
  LawsRestrict.within_of_without, LawsRestrict.without_of_without,
  LawsRestrict.without_of_within, LawsRestrict.without_twice, LawsRestrict.union_within,
  LawsRestrict.overlay_within, LawsRestrict.union_without, LawsRestrict.overlay_without,
  LawsRestrict.within_restricted, LawsRestrict.without_restricted,
  LawsRestrict.within_forgotten, LawsRestrict.union_without_first,
  LawsRestrict.overlay_without_base, LawsRestrict.overlay_within_layer,
  LawsRestrict.overlay_split).
Print Assumptions theorems_of_laws_restrict.

Definition theorems_of_laws_paths := (
  LawsPaths.forget_none, LawsPaths.keep_all, LawsPaths.keep_none, LawsPaths.forget_empty,
  LawsPaths.forget_forget, LawsPaths.keep_keep, LawsPaths.forget_intersection,
  LawsPaths.keep_union, LawsPaths.keep_forgets_the_rest, LawsPaths.keep_forget_union,
  LawsPaths.keep_forget_overlay, LawsPaths.forget_union, LawsPaths.forget_overlay,
  LawsPaths.forget_restrict, LawsPaths.forget_within, LawsPaths.forget_without,
  LawsPaths.keep_distributes_union, LawsPaths.keep_distributes_overlay, LawsPaths.keep_restrict,
  LawsPaths.keep_within, LawsPaths.keep_without, LawsPaths.forget_everything,
  LawsPaths.keep_forget_disjoint, LawsPaths.overlay_of_kept, LawsPaths.forget_below,
  LawsPaths.keep_below, LawsPaths.forget_under_itself, LawsPaths.forget_over_itself,
  LawsPaths.forget_patch, LawsPaths.keep_patch, LawsPaths.overlay_by_mask, LawsPaths.mask_union,
  LawsPaths.mask_overlay, LawsPaths.mask_commutes, LawsPaths.union_mask, LawsPaths.overlay_mask,
  LawsPaths.mask_empty, LawsPaths.empty_mask, LawsPaths.mask_self, LawsPaths.mask_split,
  LawsPaths.mask_of_mask, LawsPaths.forgotten_within_commutes).
Print Assumptions theorems_of_laws_paths.

Definition theorems_of_laws_patch := (
  LawsPatch.patch_empty, LawsPatch.empty_patch, LawsPatch.patch_all, LawsPatch.patch_self,
  LawsPatch.patch_twice, LawsPatch.patch_patch, LawsPatch.patch_then_overlay,
  LawsPatch.union_patch, LawsPatch.overlay_patch, LawsPatch.patch_below_overlay,
  LawsPatch.overlay_over_patch, LawsPatch.restrict_patch, LawsPatch.patch_restricted,
  LawsPatch.patch_within, LawsPatch.within_patch, LawsPatch.without_patch,
  LawsPatch.members_patch, LawsPatch.patch_below_union, LawsPatch.device_patch_empty,
  LawsPatch.empty_device_patch, LawsPatch.device_patch_all, LawsPatch.device_patch_self,
  LawsPatch.device_patch_twice, LawsPatch.device_patch_patch, LawsPatch.device_patch_by_base,
  LawsPatch.device_patch_then_overlay, LawsPatch.union_device_patch,
  LawsPatch.overlay_device_patch, LawsPatch.device_patch_below_overlay,
  LawsPatch.overlay_over_device_patch, LawsPatch.restrict_device_patch,
  LawsPatch.device_patch_restricted, LawsPatch.device_patch_within,
  LawsPatch.overlay_by_device_patch, LawsPatch.members_device_patch,
  LawsPatch.device_patch_split, LawsPatch.within_device_patch, LawsPatch.without_device_patch,
  LawsPatch.forget_device_patch, LawsPatch.device_patch_below_union, LawsPatch.members_union,
  LawsPatch.members_overlay, LawsPatch.members_restrict, LawsPatch.members_forget,
  LawsPatch.members_keep, LawsPatch.members_mask, LawsPatch.members_empty,
  LawsPatch.members_restore).
Print Assumptions theorems_of_laws_patch.

Definition theorems_of_non_laws := (
  NonLaws.not_union_all_absorbs, NonLaws.not_overlay_commutative,
  NonLaws.not_overlay_first_wins, NonLaws.not_overlay_swaps_below,
  NonLaws.not_overlay_swaps_above, NonLaws.not_overlay_all_unit,
  NonLaws.not_overlay_distributes_right, NonLaws.not_overlay_monotone_layer,
  NonLaws.not_union_distributes_over_overlay, NonLaws.not_base_below_overlay,
  NonLaws.not_union_absorption, NonLaws.not_overlay_interchange, NonLaws.not_restrict_one_side,
  NonLaws.not_restrict_layer_only, NonLaws.not_double_exclusion,
  NonLaws.not_overlay_within_is_layer, NonLaws.not_overlay_replaces_devices,
  NonLaws.not_within_symmetric, NonLaws.not_forget_everything_empties,
  NonLaws.not_forget_layer_outside, NonLaws.not_mask_self_empties,
  NonLaws.not_patch_associative, NonLaws.not_overlay_patch_outside,
  NonLaws.not_patch_distributes_right, NonLaws.not_overlay_by_patch,
  NonLaws.not_patch_commutative, NonLaws.not_patch_is_overlay,
  NonLaws.not_device_patch_associative, NonLaws.not_device_patch_distributes_right,
  NonLaws.not_device_patch_commutative, NonLaws.not_device_patch_is_overlay,
  NonLaws.not_keep_intersection_of_subtrees).
Print Assumptions theorems_of_non_laws.

Definition theorems_of_order := (
  Order.below_transitive, Order.below_antisymmetric, Order.union_least_upper_bound,
  Order.below_union_least, Order.below_overlay_monotone, Order.union_monotone).
Print Assumptions theorems_of_order.

Definition theorems_of_complete := (
  Complete.axioms_complete).
Print Assumptions theorems_of_complete.

Definition theorems_of_independence := (
  Independence.axioms_independent).
Print Assumptions theorems_of_independence.

Definition theorems_of_implications := (
  Implications.commuting_agreement, Implications.commuting_agree, Implications.agreeing_commute,
  Implications.commuting_union, Implications.commuting_union_either,
  Implications.commuting_symmetry, Implications.commuting_overlay_closed,
  Implications.commuting_union_closed, Implications.resolved_overlay,
  Implications.resolved_below, Implications.resolved_patch,
  Implications.resolved_union_commutes, Implications.commuting_resolved,
  Implications.commuting_resolved_union).
Print Assumptions theorems_of_implications.

Definition theorems_of_layers := (
  Layers.resolved_layers, Layers.resolved_layers_pairwise, Layers.resolved_orders_swap_below,
  Layers.resolved_orders_swap_above, Layers.orders_agree_resolved).
Print Assumptions theorems_of_layers.

Definition theorems_of_counterexamples := (
  Counterexamples.not_commuting_transitive, Counterexamples.not_union_is_overlay_commutes,
  Counterexamples.not_resolved_union, Counterexamples.not_overlay_monotone_layer_along).
Print Assumptions theorems_of_counterexamples.

Definition theorems_of_orphans := (
  Orphans.orphans_from_masks_only).
Print Assumptions theorems_of_orphans.

Definition theorems_of_path_sets := (
  PathSets.down_closed_below, PathSets.up_closed_above, PathSets.forget_reads_closed_below,
  PathSets.keep_reads_closed_above, PathSets.listed_down, PathSets.listed_up,
  PathSets.down_union, PathSets.up_union, PathSets.subtrees_down, PathSets.subtrees_down_up,
  PathSets.listed_inter, PathSets.inter_subtrees, PathSets.down_inter, PathSets.up_iff,
  PathSets.whole_readings, PathSets.up_inter,
  PathSets.forget_listed_patch, PathSets.keep_listed_patch, PathSets.keep_forget_listed).
Print Assumptions theorems_of_path_sets.

Definition theorems_of_rendering := (
  Rendering.rendering_congruence, Rendering.rendering_unique, Rendering.flatten_well_formed,
  Rendering.lay_well_formed, Rendering.overlay_merge_patch, Rendering.flatten_renders,
  Rendering.overlays_merge_patches, Rendering.overlay_lays, Rendering.rendering_of_fleets).
Print Assumptions theorems_of_rendering.

Definition theorems_of_unknown := (
  Unknown.completions_shrink, Unknown.completions_exist, Unknown.determined_iff,
  Unknown.undetermined_iff, Unknown.determined_monotone, Unknown.answer_congruence,
  Unknown.determined_realised, Unknown.excluded_middle, Unknown.learning_keeps_answers,
  Unknown.path_by_path_invents).
Print Assumptions theorems_of_unknown.

Definition theorems_of_rollout := (
  Rollout.rollout_start, Rollout.rollout_end, Rollout.rollout_between, Rollout.rollout_forward,
  Rollout.rollout_changes_once, Rollout.rollout_join, Rollout.down_sets_join,
  Rollout.rollout_respects_needs, Rollout.choose_meaning_pointwise, Rollout.state_meaning).
Print Assumptions theorems_of_rollout.

Definition theorems_of_corpus := (
  Corpus.verdicts_correct).
Print Assumptions theorems_of_corpus.
