package io.authpush.tests

import io.authpush.tests.scenario.Stage
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.TestFactory
import java.nio.file.Files
import java.nio.file.Path

/** The scenarios that Rust and Swift play too. */
internal class ScenariosTest {
    @TestFactory
    fun scenarios(): List<DynamicTest> {
        val files = Files.list(Settings.scenarios).use { all -> all.filter { it.toString().endsWith(".json") }.sorted().toList() }
        check(files.isNotEmpty())
        return files.map { file -> dynamicTest(file.fileName.toString()) { play(file) } }
    }

    private fun play(file: Path) = runBlocking<Unit> {
        val scenario = json.readTree(file.toFile())
        check(scenario.fieldNames().asSequence().toSet() == setOf("about", "profile", "steps"))
        Stage(scenario.get("profile").asText()).use { stage ->
            stage.begin()
            scenario.get("steps").forEachIndexed { index, step ->
                try {
                    stage.play(step)
                } catch (failure: Exception) {
                    throw AssertionError("${scenario.get("about").asText()}, step ${index + 1}: ${failure.message}", failure)
                }
            }
        }
    }
}
