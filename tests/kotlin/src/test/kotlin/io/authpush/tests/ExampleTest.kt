package io.authpush.tests

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.BufferedReader
import java.io.BufferedWriter
import java.nio.file.Files
import java.nio.file.Path

/** The program of a newcomer enrols, approves and denies, as a program. */
internal class ExampleTest {
    @Test
    fun `it approves with the account that was typed`() = Sandbox("open-banking").use { sandbox ->
        play(sandbox) { said, type ->
            said("account 12345")
            type("12345")
            type("yes")
            said("DELIVERED")
        }
        assertEquals(listOf("12345"), sandbox.get("/sandbox/consents").at("/0/authorised_account_ids").map { it.asText() })
    }

    @Test
    fun `it denies without asking who is there`() = Sandbox("open-banking").use { sandbox ->
        play(sandbox) { said, type ->
            said("account 12345")
            type("no")
            // What the server makes of a denial: see the README of the sandbox.
            said("UNCONFIRMED")
        }
        assertEquals(0, sandbox.get("/sandbox/consents").at("/0/authorised_account_ids").size())
    }

    @Test
    fun `it says what went wrong, and ends with a status`() = Sandbox("open-banking").use { sandbox ->
        val process = start(sandbox, "no QR code")
        assertTrue(process.inputReader().readText().startsWith("invalid_qr: the QR code cannot be used"))
        assertEquals(1, process.waitFor())
    }

    @Test
    fun `it is short enough to be read at once`() {
        assertTrue(Files.readAllLines(Path.of("../../bindings/kotlin/Example.kt")).size < 60)
    }

    private fun play(sandbox: Sandbox, talk: ((String) -> Unit, (String) -> Unit) -> Unit) {
        val process = start(sandbox, sandbox.qr())
        val (reader, writer) = process.inputReader() to process.outputWriter()
        reader.until("the push, please:")
        sandbox.consent("accounts")
        writer.say(sandbox.push())
        talk({ reader.until(it) }, { writer.say(it) })
        assertEquals(0, process.waitFor())
    }

    private fun start(sandbox: Sandbox, qr: String): Process {
        val certificate = Files.createTempFile("authpush-ca-", ".pem").also { Files.writeString(it, sandbox.certificate) }
        val java = Path.of(System.getProperty("java.home"), "bin", "java").toString()
        val program = listOf(java, "-cp", System.getProperty("java.class.path"), "io.authpush.example.ExampleKt")
        return ProcessBuilder(program + listOf(certificate.toString(), qr, "push-1")).start()
    }

    private fun BufferedReader.until(text: String) {
        while (true) if (text in (readLine() ?: error("it never said $text"))) return
    }

    private fun BufferedWriter.say(text: String) {
        write(text + "\n")
        flush()
    }
}
