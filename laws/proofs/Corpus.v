(** * Corpus: random equations with verdicts and values, as lines of JSON

    A line holds both sides, whether they are equal for all inventories, and a
    case with the value of each side.  README.md describes the format. *)
Require Import List Bool NArith String Ascii.
From Escadre Require Import Terms Meaning Decision Completeness Random Seeds.
Import ListNotations.
Set Implicit Arguments.

(** Sets of paths are closed under descendants, for the root and the path. *)
Definition closed := Given [] [0; 1] [].

(** A case: a state for each fleet, a truth value for each selector, a part of
    the resource for each set of paths. *)
Definition case := (list state * list bool * list part)%type.
Definition value_at (k : case) (t : term) : point :=
  match k with (e, s, p) => evaluate (read Absent e) (read false s) (read (false, false) p) t end.
Definition all_cases (l r : term) : list case :=
  flat_map (fun e => flat_map (fun s => map (fun p => (e, s, p))
    (set_cases closed (Nat.max (path_sets l) (path_sets r))))
    (selector_cases (Nat.max (selectors l) (selectors r))))
    (fleet_cases closed (Nat.max (fleets l) (fleets r))).

Record equation := Judged { left : term; right : term; valid : bool; points : list case }.

(** Values as they are printed: the root is left out. *)
Definition at_path (v : point) : option N := option_map snd v.
Definition differ_at_path (l r : term) (k : case) : bool :=
  match at_path (value_at k l), at_path (value_at k r) with
  | None, None => false
  | Some x, Some y => negb (x =? y)%N
  | _, _ => true
  end.

(** An equation with its verdict and one case, in which the sides differ if
    they ever do. *)
Definition judge (l r : term) : random equation :=
  let cases := all_cases l r in
  do any <- pick ([], [], []) cases;
  let verdict := check closed l r in
  if verdict then ret (Judged l r true [any])
  else do witness <- pick any (filter (differ_at_path l r) cases);
       ret (Judged l r false [witness]).

(** The verdicts of the corpus are those of the theorem. *)
Theorem verdicts_correct l r seed :
  let e := fst (judge l r seed) in
  left e = l /\ right e = r /\ (valid e = true <-> ValidGiven closed l r).
Proof.
  unfold judge, bind, ret. destruct (pick ([], [], []) (all_cases l r) seed) as [any seed'].
  destruct (check closed l r) eqn:E.
  - repeat split; auto. intros _. now apply check_correct.
  - destruct (pick any (filter (differ_at_path l r) (all_cases l r)) seed') as [witness seed''].
    repeat split; try discriminate. intro V. apply check_correct in V. congruence.
Qed.

(** ** Choosing equations *)
Fixpoint size (t : term) : nat :=
  match t with
  | Var _ | Zero | One => 1
  | Union f g | Overlay f g | Patch f g | Mask f g | Within f g | Without f g => S (size f + size g)
  | Restrict _ f | Forget _ f => S (size f)
  end.
Fixpoint formula_eqb (s t : formula) : bool :=
  match s, t with
  | Atom i, Atom j => Nat.eqb i j
  | True_, True_ | False_, False_ => true
  | And a b, And c d | Or a b, Or c d => formula_eqb a c && formula_eqb b d
  | Not a, Not b => formula_eqb a b
  | _, _ => false
  end.
Fixpoint term_eqb (t u : term) : bool :=
  match t, u with
  | Var i, Var j => Nat.eqb i j
  | Zero, Zero | One, One => true
  | Union a b, Union c d | Overlay a b, Overlay c d | Patch a b, Patch c d
  | Mask a b, Mask c d | Within a b, Within c d | Without a b, Without c d =>
      term_eqb a c && term_eqb b d
  | Restrict s f, Restrict t g | Forget s f, Forget t g => formula_eqb s t && term_eqb f g
  | _, _ => false
  end.

Definition candidate_sides : random (term * term) :=
  do kind <- below 10;
  match kind with
  | 0 => do e <- pick (Zero, Zero) non_laws; random_instance e
  | 1 | 2 => do l <- random_term 2; do r <- random_term 2; ret (l, r)
  | 3 => do l <- random_term 3; do r <- mutate l; ret (l, r)
  | 4 | 5 => do e <- pick (Zero, Zero) laws; do i <- random_instance e;
      do r <- mutate (snd i); ret (fst i, r)
  | _ => do e <- pick (Zero, Zero) laws; random_instance e
  end.

(** An equation of the wanted verdict, if some attempts find one. *)
Fixpoint equation_of (attempts : nat) (wanted : bool) : random equation :=
  match attempts with
  | O => judge Zero Zero
  | S k =>
      do e <- candidate_sides;
      let (l, r) := e in
      if term_eqb l r || Nat.ltb 10 (size l) || Nat.ltb 10 (size r) then equation_of k wanted
      else if Bool.eqb (check closed l r) wanted then judge l r else equation_of k wanted
  end.

(** ** Printing *)
Open Scope string_scope.
Definition name (names : string) (i : nat) : string :=
  match String.get i names with Some c => String c "" | None => "?" end.
Fixpoint show_formula (names : string) (s : formula) : string :=
  match s with
  | Atom i => name names i
  | True_ => "true"
  | False_ => "false"
  | And s t => "(" ++ show_formula names s ++ " and " ++ show_formula names t ++ ")"
  | Or s t => "(" ++ show_formula names s ++ " or " ++ show_formula names t ++ ")"
  | Not s => "not " ++ show_formula names s
  end.
Definition parens (inner : bool) (s : string) := if inner then "(" ++ s ++ ")" else s.
(** [inner]: whether a binary operator needs parentheses. *)
Fixpoint show (inner : bool) (t : term) : string :=
  match t with
  | Var i => name "abcd" i
  | Zero => "0"
  | One => "1"
  | Union f g => parens inner (show true f ++ " union " ++ show true g)
  | Overlay f g => parens inner (show true f ++ " overlay " ++ show true g)
  | Patch f g => parens inner (show true f ++ " patch " ++ show true g)
  | Mask f g => parens inner (show true f ++ " mask " ++ show true g)
  | Restrict s f => "restrict(" ++ show_formula "st" s ++ ", " ++ show false f ++ ")"
  | Within f g => "within(" ++ show false f ++ ", " ++ show false g ++ ")"
  | Without f g => "without(" ++ show false f ++ ", " ++ show false g ++ ")"
  | Forget (Not P) f => "keep(" ++ show_formula "PQ" P ++ ", " ++ show false f ++ ")"
  | Forget P f => "forget(" ++ show_formula "PQ" P ++ ", " ++ show false f ++ ")"
  end.

Definition show_state (s : state) : string :=
  match s with Absent => "A" | Bare => "E" | RootOnly => "R" | Orphan => "O" | Full => "N" end.
Definition show_part (q : part) : string :=
  match q with (false, false) => "-" | (false, true) => "p" | (true, false) => "r" | (true, true) => "b" end.
Definition show_bool (v : bool) : string := if v then "t" else "f".
Definition show_value (v : point) : string :=
  match at_path v with
  | None => "-"
  | Some m => "{" ++ String.concat "," (map (name "abcd")
      (filter (fun i => N.testbit m (N.of_nat i)) (seq 0 4))) ++ "}"
  end.
(** A JSON string; what is printed needs no escapes. *)
Definition quote (s : string) : string := let q := String (ascii_of_nat 34) "" in q ++ s ++ q.
Definition member (key val : string) : string := quote key ++ ":" ++ val.
Definition show_point (l r : term) (k : case) : string :=
  match k with (e, s, p) => "{" ++ String.concat "," [
    member "vars" (quote (String.concat "" (map show_state e)));
    member "sels" (quote (String.concat "" (map show_bool s)));
    member "paths" (quote (String.concat "" (map show_part p)));
    member "left" (quote (show_value (value_at k l)));
    member "right" (quote (show_value (value_at k r)))] ++ "}" end.
Definition show_equation (e : equation) : string :=
  "{" ++ String.concat "," [
    member "left" (quote (show false (left e)));
    member "right" (quote (show false (right e)));
    member "valid" (if valid e then "true" else "false");
    member "points" ("[" ++ String.concat "," (map (show_point (left e) (right e)) (points e)) ++ "]")] ++ "}".

(** The corpus is the lines of [line true], [line false], [line true], ... from
    the first seed on, each line giving the seed of the next. *)
Definition first_seed : N := 20240229.
Definition line (wanted : bool) : random string :=
  do e <- equation_of 100 wanted; ret (show_equation e).
