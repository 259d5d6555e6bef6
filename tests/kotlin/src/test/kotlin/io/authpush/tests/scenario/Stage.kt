package io.authpush.tests.scenario

import com.fasterxml.jackson.databind.JsonNode
import io.authpush.Authenticator
import io.authpush.AuthenticatorException
import io.authpush.Configuration
import io.authpush.LogLevel
import io.authpush.TrustSettings
import io.authpush.tests.Ports
import io.authpush.tests.Sandbox
import io.authpush.tests.json
import io.authpush.tests.newFolder
import kotlinx.coroutines.delay
import kotlinx.coroutines.withTimeout

/** Where one scenario is played: its sandbox, its phone, and what was kept so far. */
internal class Stage(profile: String) : AutoCloseable {
    private val sandbox = Sandbox(profile)
    private val ports = Ports()
    private val folder = newFolder().resolve("home").toString()
    private val kept = mutableMapOf<String, JsonNode>()
    private val whole = mutableMapOf<String, Any>()
    private lateinit var authenticator: Authenticator

    suspend fun begin() {
        authenticator = open(json.createObjectNode())
    }

    /** Plays one step. Every word of it has to be known. */
    suspend fun play(step: JsonNode) {
        val words = step.fieldNames().asSequence().toSet()
        val deed = (words - LOOKS).singleOrNull { it !in DETAILS } ?: error("a step does one thing: $words")
        val value = step.get(deed)
        when (deed) {
            "bank", "call", "open" -> look(step) { outcome(deed, value, step) }
            "reopen" -> authenticator = open(value)
            "logged" -> waitForLine(value.asText())
            "never_logged" -> value.forEach { neverLogged(filled(it).asText()) }
            "asked" -> check(ports.person.asked.get() == value.asInt()) { "asked ${ports.person.asked} times" }
            else -> switch(ports, deed, value)
        }
    }

    private suspend fun outcome(deed: String, value: JsonNode, step: JsonNode): Any? = when (deed) {
        "bank" -> bank(value.asText(), step)
        "call" -> call(authenticator, value.asText(), Arguments(filled(step.path("args")), whole))
        else -> open(value).close()
    }

    private suspend fun look(step: JsonNode, outcome: suspend () -> Any?) {
        val fails = step.get("fails")
        val result =
            try {
                outcome()
            } catch (error: AuthenticatorException) {
                checkError(error, fails ?: throw AssertionError("failed: ${error.code()}", error))
                return
            }
        check(fails == null) { "not $fails, but $result" }
        lookAt(result as? JsonNode ?: document(result), step)
        step.get("keep_as")?.let { whole[it.asText()] = checkNotNull(result) }
    }

    private fun lookAt(seen: JsonNode, step: JsonNode) {
        fun at(pointer: String) = seen.at(pointer).also { check(!it.isMissingNode) { "there is no $pointer in $seen" } }
        step.path("expect").properties().forEach { (pointer, wanted) ->
            val value = filled(wanted)
            check(same(at(pointer), value)) { "$pointer is ${at(pointer)}, not $value" }
        }
        step.path("length").properties().forEach { (pointer, wanted) ->
            val array = at(pointer)
            check(array.isArray && array.size() == wanted.asInt()) { "$pointer is not of length $wanted: $array" }
        }
        step.path("keep").properties().forEach { (name, pointer) -> kept[name] = at(pointer.asText()) }
        step.path("keep_text").properties().forEach { (name, pointer) ->
            kept[name] = json.nodeFactory.textNode(at(pointer.asText()).toString())
        }
    }

    private fun checkError(error: AuthenticatorException, fails: JsonNode) {
        val seen = document(error)
        fails.properties().forEach { (key, wanted) ->
            check(key in setOf("code", "retryable", "text") && seen.get(key) == wanted) { "failed with $seen, not $fails" }
        }
        check(error.message == error.toString()) { "the message is ${error.message}" }
    }

    private fun bank(request: String, step: JsonNode): JsonNode {
        val (method, path) = request.split(' ', limit = 2)
        val names = kept.keys.sortedByDescending { it.length }
        val filledPath = names.fold(path) { text, name -> text.replace("$$name", kept.getValue(name).asText()) }
        val (status, body) = sandbox.ask(method, filledPath, step.get("body")?.let { filled(it) })
        val wanted = step.get("status")?.asInt()
        check(if (wanted == null) status in 200..299 else status == wanted) { "the bank answered $status $body" }
        return body
    }

    private suspend fun open(settings: JsonNode): Authenticator {
        settings.fieldNames().forEach { check(it in setOf("allowedHosts", "publicRootsOnly")) { "no setting $it" } }
        val publicOnly = settings.path("publicRootsOnly").asBoolean()
        val trust =
            TrustSettings(
                publicRoots = publicOnly,
                anchorsPem = if (publicOnly) emptyList() else listOf(sandbox.certificate),
                allowedHosts = settings.path("allowedHosts").map { it.asText() },
            )
        val opened = ports.open(Configuration(folder, trust, timeoutSeconds = 5u, connectSeconds = 2u))
        opened.setLog(ports.log, LogLevel.DEBUG)
        return opened
    }

    private suspend fun waitForLine(event: String) = withTimeout(10_000) {
        while (ports.log.lines.none { it.event == event }) delay(5)
    }

    private fun neverLogged(text: String) {
        val line = ports.log.lines.firstOrNull { text in it.text }
        check(line == null) { "$text was logged: $line" }
    }

    /** A document with what was kept in the place of its names. */
    private fun filled(value: JsonNode): JsonNode = when {
        value.isTextual && value.asText().startsWith("$") -> {
            val name = value.asText().drop(1)
            if (name in whole) value else checkNotNull(kept[name]) { "nothing is kept as $name" }
        }
        value.isArray -> json.createArrayNode().also { array -> value.forEach { array.add(filled(it)) } }
        value.has("repeated") ->
            json.nodeFactory.textNode(value.get("repeated").asText().repeat(value.get("times").asInt()))
        value.isObject ->
            json.createObjectNode().also { copy ->
                value.properties().forEach { (key, field) -> copy.set<JsonNode>(key, filled(field)) }
            }
        else -> value
    }

    override fun close() {
        if (::authenticator.isInitialized) authenticator.close()
        sandbox.close()
    }

    private companion object {
        val LOOKS = setOf("expect", "length", "keep", "keep_text", "keep_as", "fails")
        val DETAILS = setOf("body", "status", "args")
    }
}

/** Whole numbers are equal however many bytes they were read into. */
private fun same(seen: JsonNode, wanted: JsonNode): Boolean =
    if (seen.isIntegralNumber && wanted.isIntegralNumber) seen.asLong() == wanted.asLong() else seen == wanted
