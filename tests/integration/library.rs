//! The crate does what the command does.

use slurmkit::generate::{Action, Options};
use slurmkit::spec::{Parameters, Spec};
use slurmkit::{CollectionManager, Error, JobGenerator};

use super::test::{Test, project};

#[test]
fn a_spec_file_gives_the_same_scripts_as_the_command() {
    let folder = Test::new();
    let spec = project().join("examples/quickstart/job_spec.yaml");
    let generator = JobGenerator::from_spec(&spec).unwrap();
    assert_eq!(generator.count_jobs().unwrap(), 6);
    let names = generator.job_names().unwrap();
    assert_eq!(names[1].as_str(), "resnet18_lr0.1_bs256");
    let preview = generator.preview(1).unwrap();
    assert_eq!(preview.job_name, names[1]);
    assert!(
        preview.script.contains("#SBATCH --gpus=2\n"),
        "{}",
        preview.script
    );
    assert!(matches!(
        generator.preview(6),
        Err(Error::NoSuchJob { index: 6, count: 6 })
    ));

    let manager = CollectionManager::new(folder.path().join("collections"));
    let mut collection = manager.get_or_create(&"c".parse().unwrap()).unwrap();
    let generated = generator
        .generate(folder.path().join("out"), &mut collection)
        .unwrap();
    manager.save(&mut collection).unwrap();
    assert_eq!(generated.jobs.len(), 6);
    assert_eq!(folder.read("out/resnet18_lr0.1_bs256.job"), preview.script);

    let read = manager.get(&collection.name).unwrap();
    assert_eq!(read.jobs, collection.jobs);
    let options = Options {
        output_dir: Some(folder.path().join("out")),
        ..Options::default()
    };
    let plan = generator.with_options(options).plan(&read).unwrap();
    assert!(
        plan.jobs
            .iter()
            .all(|job| job.action == Action::Unchanged && !job.write)
    );
    manager.delete(&read.name).unwrap();
    assert!(manager.list().unwrap().is_empty());
}

#[test]
fn a_plan_writes_nothing() {
    let folder = Test::new().file("t.j2", "{{ a }}\n");
    let spec = Spec::new(
        folder.path().join("t.j2"),
        Parameters::grid([("a", vec![1, 2])]).unwrap(),
    );
    let manager = CollectionManager::new(folder.path().join("collections"));
    let collection = manager.get_or_create(&"c".parse().unwrap()).unwrap();
    let before = folder.tree();
    let plan = JobGenerator::new(spec).plan(&collection).unwrap();
    assert_eq!(plan.jobs[1].job_name.as_str(), "a2");
    assert_eq!(*plan.jobs[1].script, *b"2\n");
    assert_eq!(folder.tree(), before);
}

#[test]
fn a_collection_that_was_changed_meanwhile_is_not_overwritten() {
    let folder = Test::new();
    let manager = CollectionManager::new(folder.path());
    let mut one = manager.get_or_create(&"c".parse().unwrap()).unwrap();
    let mut other = manager.get_or_create(&"c".parse().unwrap()).unwrap();
    manager.save(&mut one).unwrap();
    let error = manager.save(&mut other).unwrap_err();
    assert_eq!(
        error.to_string(),
        "collection `c` was changed by another process meanwhile"
    );
    one.description = "again".into();
    manager.save(&mut one).unwrap();
    assert_eq!(manager.get(&one.name).unwrap().description, "again");
}
