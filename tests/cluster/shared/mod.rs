//! What the tests do at the same time, each with jobs of its own. Only `ends` uses the partition `gpu`,
//! and takes one of its nodes down.

mod after;
mod arrays;
mod book;
mod cancel;
mod edited;
mod ends;
mod folders;
mod full_disk;
mod kills;
mod late_answers;
mod logs;
mod resubmit;
mod rivals;
mod selection;
mod variables;
mod wait;
