package io.authpush.tests

import java.nio.file.Files
import java.nio.file.Path

/** What the tests are given by `tests/run`: without it they fail, and say so. */
internal object Settings {
    /** The command line, whose sandbox plays the bank. */
    val authpush: Path = path("AUTHPUSH_BIN")

    /** A build of the library that panics when it is told to. */
    val probe: Path
        get() = path("AUTHPUSH_PROBE")

    /** The scenarios that every language plays. */
    val scenarios: Path = Path.of("../fixtures/scenarios").also { check(Files.isDirectory(it)) { "$it is not there" } }

    private fun path(variable: String): Path {
        val value = checkNotNull(System.getenv(variable)) { "$variable is not set: run tests/run kotlin" }
        return Path.of(value).also { check(Files.exists(it)) { "$variable: $it is not there" } }
    }
}
