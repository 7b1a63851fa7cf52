//! From a path to a script whose functions can be called.

use std::io;
use std::path::Path;
use std::rc::Rc;

use rhai::{AST, Dynamic};

use super::engine::{Failure, Sandbox, Script};
use super::error::{Explained, Explainer, Trouble};
use super::files::File;
use super::limits::{TOP_LEVEL, raise};
use super::locate::locate;

impl Sandbox {
    /// Reads and compiles a file and runs its top level, once; gives the value of that too. What
    /// the top level prints is not shown if it ran `before`.
    ///
    /// # Errors
    /// Why it cannot be used, without a place where the file cannot be read.
    pub(crate) fn open(
        &mut self,
        path: &Path,
        before: bool,
    ) -> Result<(Script, Dynamic), Explained> {
        let file = self.read(path)?;
        self.announce(&format!("`{}`", path.display()));
        let ast = match self.compile(&file) {
            Ok(ast) => ast,
            Err(failure) => return Err(self.explain(&file, &AST::empty(), failure)),
        };
        self.mute(before);
        let run = self.run(&file, &ast);
        self.mute(false);
        match run {
            Ok((value, script)) => Ok((script, value)),
            Err(failure) => Err(self.explain(&file, &ast, failure)),
        }
    }

    fn explain(&self, file: &Rc<File>, ast: &AST, failure: Failure) -> Explained {
        let explainer = Explainer {
            sandbox: self,
            limits: &self.limits_of_top_level(),
            during: TOP_LEVEL,
            file,
            ast,
            names: &[],
        };
        explainer.explain(failure, |search| {
            locate(self, search, &file.name(), None, |silent| {
                silent.run(file, ast).err()
            })
        })
    }

    fn read(&self, path: &Path) -> Result<Rc<File>, Explained> {
        let max_bytes = self.limits().script_bytes;
        self.files().read_hook(path, max_bytes).map_err(|error| {
            let too_large =
                || fs_err::metadata(path).is_ok_and(|metadata| metadata.len() > max_bytes);
            let (message, help) = match error.kind() {
                io::ErrorKind::NotFound => ("the file does not exist".into(), None),
                _ if too_large() => (error.to_string(), Some(raise("script_bytes"))),
                _ => (error.to_string(), None),
            };
            Explained {
                help,
                ..Explained::new(Trouble::Unusable, message)
            }
        })
    }
}
