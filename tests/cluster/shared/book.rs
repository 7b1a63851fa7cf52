use crate::cluster::Cluster;
use crate::console::{CLUSTER, run_page};
use crate::test::project;

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn the_session_that_the_book_shows_is_true() {
    let conf = Cluster::here().conf().display().to_string();
    let page = project().join("book/src/on-the-cluster.md");
    let commands = run_page(&page, CLUSTER, &[("SLURM_CONF", &conf)]);
    let commands = commands.unwrap_or_else(|wrong| panic!("{wrong}"));
    assert!(commands >= 10, "only {commands} commands are shown");
}
