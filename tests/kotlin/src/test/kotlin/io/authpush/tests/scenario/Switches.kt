package io.authpush.tests.scenario

import com.fasterxml.jackson.databind.JsonNode
import io.authpush.ClockException
import io.authpush.KeyStoreException
import io.authpush.UserVerifierException
import io.authpush.VaultException
import io.authpush.tests.MARKER
import io.authpush.tests.Ports

/** Makes a port do what a scenario's word says. */
internal fun switch(ports: Ports, port: String, value: JsonNode) {
    if (port == "clock" && value.isIntegralNumber) {
        ports.clock.switch.works()
        ports.clock.ahead = value.asLong()
        return
    }
    if (port == "vault") ports.vault.isAnother = value.asText() == "has_another_key"
    val (switch, words) =
        when (port) {
            "person" -> ports.person.switch to PERSON
            "keys" -> ports.keys.switch to KEYS
            "vault" -> ports.vault.switch to VAULT
            "clock" -> ports.clock.switch to CLOCK
            "log" -> ports.log.switch to LOG
            else -> error("no word $port")
        }
    val word = value.asText()
    check(word in words) { "$port knows no $word" }
    val thrown = words.getValue(word)
    if (thrown == null) switch.works() else switch.throws(thrown)
}

private typealias Words = Map<String, (() -> Throwable)?>

private val undeclared = { IllegalStateException(MARKER) }

private val PERSON: Words = mapOf(
    "agrees" to null,
    "cancels" to { UserVerifierException.Cancelled() },
    "fails" to { UserVerifierException.Failed() },
    "is_unavailable" to { UserVerifierException.Unavailable() },
    "throws" to undeclared,
)

private val KEYS: Words = mapOf(
    "works" to null,
    "is_lost" to { KeyStoreException.KeyLost() },
    "needs_user" to { KeyStoreException.NeedsUser() },
    "fails" to { KeyStoreException.Failed() },
    "throws" to undeclared,
)

private val VAULT: Words = mapOf(
    "works" to null,
    "has_another_key" to null,
    "needs_passphrase" to { VaultException.PassphraseRequired() },
    "is_damaged" to { VaultException.Damaged() },
    "fails" to { VaultException.Failed() },
    "throws" to undeclared,
)

private val CLOCK: Words =
    mapOf("works" to null, "fails" to { ClockException.Failed() }, "throws" to undeclared)

private val LOG: Words = mapOf("works" to null, "throws" to undeclared)
