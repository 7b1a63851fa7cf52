//! Hooks in Python, in a process of their own.
