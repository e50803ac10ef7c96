use super::*;
use crate::evaluation::example::example;
use crate::evaluation::{FeatureFacts, Hits};

fn entry(salt: usize) -> EntryInput {
    let name = format!("example-{salt}");
    let test = example(salt);
    // Validation rows come first in the dataset: 0 to 59, test rows after them.
    let validation = Predictions { split: Split::Validation, ..example(salt + 1) };
    let validation = Predictions { model: name.clone(), ..validation };
    let test = Predictions { rows: (60..120).collect(), ..test };
    EntryInput {
        title: name.to_uppercase(),
        name,
        kind: EntryKind::Single,
        family: "network".into(),
        validation,
        test,
        training: None,
    }
}

fn facts() -> DatasetFacts {
    let p = example(0);
    DatasetFacts {
        name: p.dataset,
        title: "Golden".into(),
        synthetic: true,
        classes: p.classes,
        counts: Vec::new(),
        fingerprint: p.fingerprint,
        source: String::new(),
        split_rule: String::new(),
        size: [48, 48],
        identical_to_training: None,
        near_training: None,
    }
}

fn input<'a>(entries: Vec<EntryInput>, aggregates: &'a [AggregateRecipe]) -> ComparisonInput<'a> {
    ComparisonInput {
        title: "Title".into(),
        experiment: "e".into(),
        command: "ferrofuse run e".into(),
        created: None,
        chosen_on: Split::Validation,
        dataset: facts(),
        entries,
        aggregates,
        ingredients: &[],
        folds: None,
        seen: Seen::default(),
        subjects: None,
    }
}

fn recipe(method: AggregateMethod) -> AggregateRecipe {
    AggregateRecipe {
        name: format!("{method:?}"),
        members: vec!["example-0".into(), "example-1".into(), "example-2".into()],
        method,
        weights: None,
    }
}

#[test]
fn the_best_single_model_is_chosen_on_validation_and_the_others_tested_against_it() {
    let recipes = [AggregateMethod::Mean, AggregateMethod::Weighted, AggregateMethod::Vote].map(recipe);
    let entries: Vec<EntryInput> = (0..3).map(entry).collect();
    let accuracies: Vec<f64> = entries.iter().map(|e| e.validation.accuracy()).collect();
    let best = (0..3).fold(0, |b, i| if accuracies[i] > accuracies[b] { i } else { b });
    let comparison = Comparison::assemble(input(entries, &recipes)).unwrap();

    assert_eq!(comparison.best_single.as_deref(), Some(format!("example-{best}").as_str()));
    assert_eq!(comparison.best_single().unwrap().versus_best_single, None);
    let tested: Vec<&PairedTest> = comparison.entries.iter().filter_map(|e| e.versus_best_single.as_ref()).collect();
    assert_eq!(tested.len(), 5);
    let corrected = holm(&tested.iter().map(|t| t.p).collect::<Vec<_>>());
    assert_eq!(tested.iter().map(|t| t.p_holm).collect::<Vec<_>>(), corrected);
    for e in comparison.entries.iter().filter(|e| e.name != comparison.best_single.clone().unwrap()) {
        let t = e.versus_best_single.as_ref().unwrap();
        let gain = e.test.metrics.correct as i64 - comparison.best_single().unwrap().test.metrics.correct as i64;
        assert_eq!(t.only_this_right as i64 - t.only_reference_right as i64, gain, "{}", e.name);
    }
    // python scripts/golden/evaluation.py: accuracy of the mean of the three tables.
    assert_eq!(comparison.entry("Mean").unwrap().test.metrics.correct, 49);

    let weighted = comparison.entry("Weighted").unwrap();
    assert!(weighted.weights_fitted);
    assert!((weighted.weights.as_ref().unwrap().iter().sum::<f64>() - 1.0).abs() < 1e-12);
    let mean = comparison.entry("Mean").unwrap();
    assert!(weighted.validation.metrics.accuracy >= mean.validation.metrics.accuracy);
    assert_eq!(comparison.entry("Vote").unwrap().test.metrics.log_loss, None);
    assert!(mean.test.metrics.log_loss.is_some());
}

#[test]
fn every_method_is_assembled_and_only_chosen_weights_make_the_validation_score_too_good() {
    use AggregateMethod::{Geometric, Greedy, Mean, Stacking, Vote, Weighted};
    let recipes = [Mean, Weighted, Geometric, Vote, Greedy, Stacking].map(recipe);
    let comparison = Comparison::assemble(input((0..3).map(entry).collect(), &recipes)).unwrap();
    for (entry, method) in comparison.entries[3..].iter().zip([Mean, Weighted, Geometric, Vote, Greedy, Stacking]) {
        let weighted = matches!(method, Weighted | Greedy);
        assert_eq!((entry.method, entry.weights_fitted, entry.weights.is_some()), (Some(method), weighted, weighted));
        assert_eq!(entry.test.metrics.log_loss.is_none(), method == Vote);
        assert_eq!(entry.without_member.len(), 3);
    }
    let accuracy = |name: &str| comparison.entry(name).unwrap().validation.metrics.accuracy;
    assert!(accuracy("Greedy") >= comparison.best_single().unwrap().validation.metrics.accuracy);
}

#[test]
fn without_a_member_an_aggregate_is_that_of_the_others() {
    use AggregateMethod::{Greedy, Mean, Stacking, Weighted};
    let entries: Vec<EntryInput> = (0..3).map(entry).collect();
    for method in [Mean, Weighted, Greedy, Stacking] {
        let mut recipes = vec![recipe(method)];
        for left_out in 0..3 {
            let mut pair = AggregateRecipe { name: format!("without-{left_out}"), ..recipe(method) };
            pair.members.remove(left_out);
            recipes.push(pair);
        }
        let comparison = Comparison::assemble(input(entries.clone(), &recipes)).unwrap();
        let outcomes = aggregate_entries(&entries, &recipes, Split::Validation, &[]).unwrap();
        let whole = comparison.entry(&format!("{method:?}")).unwrap();
        for (left_out, found) in whole.without_member.iter().enumerate() {
            let others = comparison.entry(&format!("without-{left_out}")).unwrap();
            assert!(others.without_member.is_empty(), "two members");
            let hits = |scores: &Scores| Hits { correct: scores.metrics.correct, rows: scores.metrics.rows };
            assert_eq!(found.member, format!("example-{left_out}"));
            assert_eq!((found.validation, found.test), (hits(&others.validation), hits(&others.test)), "{method:?}");
            let test = &outcomes[1 + left_out].test;
            let (a, b) = discordant(&test.labels, &outcomes[0].test.predicted(), &test.predicted()).unwrap();
            assert_eq!(found.p, mcnemar(a, b));
        }
        let corrected = holm(&whole.without_member.iter().map(|w| w.p).collect::<Vec<_>>());
        assert_eq!(whole.without_member.iter().map(|w| w.p_holm).collect::<Vec<_>>(), corrected);
    }
    // Nothing is left of the weights without the only member that has one.
    let one = AggregateRecipe { weights: Some(vec![0.0, 2.0, 0.0]), ..recipe(Weighted) };
    let found = Comparison::assemble(input(entries, &[one])).unwrap();
    let left_out: Vec<&str> = found.entry("Weighted").unwrap().without_member.iter().map(|w| &w.member[..]).collect();
    assert_eq!(left_out, ["example-0", "example-2"]);
    assert!(!found.entry("Weighted").unwrap().weights_fitted);
}

#[test]
fn a_clone_never_differs() {
    let twin = EntryInput { name: "twin".into(), ..entry(0) };
    let comparison = Comparison::assemble(input(vec![entry(0), twin], &[])).unwrap();
    let test = comparison.entry("twin").unwrap().versus_best_single.clone().unwrap();
    assert_eq!((test.only_this_right, test.only_reference_right, test.p, test.p_holm), (0, 0, 1.0, 1.0));
    assert_eq!(comparison.best_single.as_deref(), Some("example-0"));
}

#[test]
fn flags_of_the_whole_dataset_reach_the_rows_of_each_split() {
    let mut flags = vec![false; 120];
    flags[60..70].fill(true);
    let mut given = input(vec![entry(0)], &[]);
    given.seen = Seen { identical: Some(&flags), near: None };
    let comparison = Comparison::assemble(given.clone()).unwrap();
    let e = &comparison.entries[0];
    assert_eq!(e.test.metrics.accuracy_without_duplicates.as_ref().unwrap().left_out, 10);
    assert_eq!(e.validation.metrics.accuracy_without_duplicates.as_ref().unwrap().left_out, 0);
    given.seen.identical = Some(&flags[..100]);
    assert!(Comparison::assemble(given).unwrap_err().to_string().contains("row number"));
}

/// Equal but for the last bit of a number: serde_json does not round to the nearest when it reads one.
fn same(a: &serde_json::Value, b: &serde_json::Value) {
    use serde_json::Value;
    match (a, b) {
        (Value::Number(x), Value::Number(y)) if x.is_f64() && y.is_f64() => {
            approx::assert_relative_eq!(x.as_f64().unwrap(), y.as_f64().unwrap(), max_relative = 1e-15);
        }
        (Value::Array(x), Value::Array(y)) if x.len() == y.len() => x.iter().zip(y).for_each(|(x, y)| same(x, y)),
        (Value::Object(x), Value::Object(y)) if x.len() == y.len() => x.iter().for_each(|(key, x)| same(x, &y[key])),
        _ => assert_eq!(a, b),
    }
}

fn training() -> TrainingFacts {
    TrainingFacts {
        seed: u64::MAX,
        parameters: Some(7),
        epochs: Some(1),
        best_epoch: Some(1),
        keep: Default::default(),
        pretrained: None,
        seconds: Some(0.1),
        processor_seconds: None,
        peak_memory: Some(1 << 20),
        single_view: None,
        features: vec![],
        recipe_toml: "a = 1\n".into(),
        note: None,
        history: vec![crate::evaluation::EpochRecord {
            epoch: 1,
            train_loss: None,
            train_accuracy: 0.3,
            validation_loss: Some(1.1),
            validation_accuracy: Some(0.2),
            learning_rate: 1e-4,
            seconds: 0.01,
        }],
    }
}

#[test]
fn json_comes_back_equal() {
    let recipes = [AggregateMethod::Weighted, AggregateMethod::Stacking].map(recipe);
    let mut entries: Vec<EntryInput> = (0..3).map(entry).collect();
    entries[0].training = Some(training());
    let comparison = Comparison::assemble(input(entries, &recipes)).unwrap();
    let text = serde_json::to_string(&comparison).unwrap();
    let again: Comparison = serde_json::from_str(&text).unwrap();
    same(&serde_json::to_value(&again).unwrap(), &serde_json::to_value(&comparison).unwrap());
    assert_eq!(again.entries[0].training, comparison.entries[0].training);
}

#[test]
fn entries_that_do_not_belong_together_are_refused_by_name() {
    let message =
        |entries, recipes: &[AggregateRecipe]| Comparison::assemble(input(entries, recipes)).unwrap_err().to_string();
    assert!(message(vec![], &[]).contains("at least one"));
    assert!(message(vec![entry(0), entry(0)], &[]).contains("`example-0` twice"));
    assert!(message(vec![entry(0)], &[recipe(AggregateMethod::Mean)]).contains("example-1"));
    let mut other = entry(1);
    other.test.labels[3] = 1;
    assert!(message(vec![entry(0), other], &[]).contains("example-1"));
    let mut other = entry(1);
    other.test.fingerprint = "f".into();
    assert!(message(vec![entry(0), other], &[]).contains("golden"));
    let mut other = entry(1);
    std::mem::swap(&mut other.test, &mut other.validation);
    assert!(message(vec![other], &[]).contains("validation predictions of `example-1`"));
}

#[test]
fn an_ingredient_is_a_paired_comparison_with_its_cost() {
    let recipes = [recipe(AggregateMethod::Mean)];
    let mut entries: Vec<EntryInput> = (0..3).map(entry).collect();
    let cost = |seconds, peak| Some(crate::Cost { seconds, processor_seconds: None, peak_memory: Some(peak) });
    let mut training = training();
    training.features = vec![FeatureFacts {
        name: "f".into(),
        title: "f".into(),
        dimensions: 3,
        learned: false,
        cost: cost(2.0, 9 << 20),
        mirrored_cost: cost(1.0, 1 << 10),
    }];
    entries[0].training = Some(training);
    let ingredient = |name: &str, with: &str, without: &str| IngredientRecipe {
        name: name.into(),
        with: with.into(),
        without: without.into(),
    };
    let asked = [ingredient("a", "example-0", "example-1"), ingredient("b", "Mean", "example-0")];
    let assemble =
        |ingredients| Comparison::assemble(ComparisonInput { ingredients, ..input(entries.clone(), &recipes) });
    let comparison = assemble(&asked[..]).unwrap();
    let [a, b] = &comparison.ingredients[..] else { panic!("two") };
    let accuracy = |name: &str| comparison.entry(name).unwrap().test.metrics.accuracy;
    assert_eq!(
        (a.test_gain, b.test_gain),
        (accuracy("example-0") - accuracy("example-1"), accuracy("Mean") - accuracy("example-0"))
    );
    let (only_a, only_b) = (16, 13);
    let [low, high] = a.test_interval.unwrap();
    assert!(
        (a.test_gain - (only_a as f64 - only_b as f64) / 60.0).abs() < 0.2 && low < a.test_gain && a.test_gain < high
    );
    assert!(a.p_holm >= a.p && a.p_holm <= 2.0 * a.p);
    assert_eq!((a.cost, b.cost), (cost(3.1, 9 << 20), None));
    let error = assemble(&[ingredient("c", "example-0", "nobody")]).unwrap_err().to_string();
    assert!(error.contains("nobody") && error.contains("example-1"), "{error}");
}

#[test]
fn choosing_on_test_makes_what_is_scored_there_better_and_is_kept() {
    let recipes = [AggregateMethod::Greedy, AggregateMethod::Stacking].map(recipe);
    let entries: Vec<EntryInput> = (0..3).map(entry).collect();
    let honest = Comparison::assemble(input(entries.clone(), &recipes)).unwrap();
    let on_test = ComparisonInput { chosen_on: Split::Test, ..input(entries.clone(), &recipes) };
    let chosen = Comparison::assemble(on_test.clone()).unwrap();
    assert!(chosen.is_chosen_on_test() && !honest.is_chosen_on_test());
    let best = |of: fn(&Entry) -> u64| honest.entries[..3].iter().rev().max_by_key(|e| of(e)).unwrap();
    assert_eq!(chosen.best_single, Some(best(|e| e.test.metrics.correct).name.clone()));
    assert_eq!(honest.best_single, Some(best(|e| e.validation.metrics.correct).name.clone()));
    // Weights that were picked on these rows are no worse on them than any single model.
    let [greedy, stacking] = [&chosen.entries[3], &chosen.entries[4]];
    assert!(greedy.test.metrics.correct >= best(|e| e.test.metrics.correct).test.metrics.correct);
    let swapped: Vec<EntryInput> = entries
        .iter()
        .map(|e| {
            let [validation, test] = [(&e.test, Split::Validation), (&e.validation, Split::Test)]
                .map(|(p, split)| Predictions { split, ..p.clone() });
            EntryInput { validation, test, ..e.clone() }
        })
        .collect();
    let swapped = Comparison::assemble(input(swapped, &recipes)).unwrap();
    assert_eq!((&greedy.weights, greedy.weights_fitted), (&swapped.entries[3].weights, true));
    // A stacker predicts the rows that it was fitted on out of fold.
    assert_eq!(stacking.test.confusion, swapped.entries[4].validation.confusion);
    assert_eq!(Comparison::assemble_again(on_test, &chosen.entries).unwrap(), chosen);
    let on_train = ComparisonInput { chosen_on: Split::Train, ..input(entries, &recipes) };
    assert!(Comparison::assemble(on_train).unwrap_err().to_string().contains("rows to choose on"));
}

#[test]
fn what_is_known_of_an_aggregate_is_not_fitted_again_unless_it_changed() {
    let recipes = [AggregateMethod::Weighted, AggregateMethod::Stacking].map(recipe);
    let entries: Vec<EntryInput> = (0..3).map(entry).collect();
    let first = Comparison::assemble(input(entries.clone(), &recipes)).unwrap();
    assert_eq!(Comparison::assemble_again(input(entries.clone(), &recipes), &first.entries).unwrap(), first);
    // A mark shows where it was taken from.
    let mut known = first.entries.clone();
    known.iter_mut().flat_map(|e| &mut e.without_member).for_each(|w| w.p = 0.123);
    let again = Comparison::assemble_again(input(entries.clone(), &recipes), &known).unwrap();
    assert!(again.entries[3..].iter().flat_map(|e| &e.without_member).all(|w| w.p == 0.123));
    for e in &mut known {
        e.test.confusion = first.entries[0].validation.confusion.clone();
    }
    assert_eq!(Comparison::assemble_again(input(entries, &recipes), &known).unwrap(), first);
}
