package io.authpush.tests

import io.authpush.AuthenticatorException
import io.authpush.Configuration
import io.authpush.KeyStoreException
import io.authpush.TrustSettings
import io.authpush.Undelivered
import io.authpush.UserVerifierException
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** Every error can be met, told apart, and read. */
internal class ErrorsTest {
    @Test
    fun `every variant comes out of the library, is told apart without an else, and reads like a sentence`() = runBlocking<Unit> {
        val seen = everyKind()
        assertEquals(
            setOf(
                "invalid_qr", "invalid_push", "invalid_argument", "host_not_allowed", "server_unreachable", "server_refused",
                "unknown_device", "unknown_request", "already_decided", "account_required", "wrong_number",
                "answered_elsewhere", "user_verification_failed", "reenrol_required", "key_lost", "vault_failed",
                "clock_failed", // And `internal`, which only a bug makes: see PanicsTest.
            ),
            seen.map { it.code() }.toSet(),
        )
        assertEquals(seen.size, seen.map { reaction(it) }.toSet().size)
        for (error in seen) {
            assertEquals(error.toString(), error.message)
            val text = error.toString()
            assertTrue(text.length > 10 && '=' !in text && PUSH_ID !in text, text)
        }
    }

    /** A `when` that the compiler checks: a new variant does not compile. */
    private fun reaction(error: AuthenticatorException): String = when (error) {
        is AuthenticatorException.InvalidQr -> "scan another: ${error.field} ${error.problem}"
        is AuthenticatorException.InvalidPush -> "drop it: ${error.field} ${error.problem}"
        is AuthenticatorException.InvalidArgument -> "mend the program: ${error.field} ${error.problem}"
        is AuthenticatorException.Untrusted -> "never go on: ${error.reason}"
        is AuthenticatorException.Unavailable -> "later: ${error.reason}"
        is AuthenticatorException.Refused -> "give up: ${error.action} ${error.status} ${error.code}"
        is AuthenticatorException.UnknownDevice -> "enrol again: ${error.by}"
        is AuthenticatorException.UnknownRequest -> "look again"
        is AuthenticatorException.Conflict -> "the first stays: ${error.reason}"
        is AuthenticatorException.NotApprovable -> "deny: ${error.reason}"
        is AuthenticatorException.WrongNumber -> "ask again: ${error.triesLeft}"
        is AuthenticatorException.TooLate -> "tell: ${error.reason}"
        is AuthenticatorException.UserVerification -> "ask the person again: ${error.reason}"
        is AuthenticatorException.ReenrolRequired -> "enrol with a new code"
        is AuthenticatorException.Key -> "the key: ${error.reason}"
        is AuthenticatorException.Storage -> "the store: ${error.reason}"
        is AuthenticatorException.Clock -> "the clock"
        is AuthenticatorException.Internal -> "report it"
    }

    private suspend fun everyKind(): List<AuthenticatorException> {
        val errors = mutableListOf<AuthenticatorException>()
        Sandbox("is7").use { sandbox ->
            Phone.of(sandbox).use { phone ->
                val qr = sandbox.qr()
                errors += thrown { phone.scan("no code") }
                errors += thrown { phone.receive("no push") }
                errors += thrown { phone.authenticator.addAccount(qr, "", Phone.device()) }
                errors += thrown { phone.authenticator.removeAccount("nobody's", Undelivered.ABANDON) }
                errors += thrown { phone.deny("no request") }
                val account = phone.scan(qr)
                errors += thrown { phone.authenticator.setPushId(account.deviceId, "t", null) }
                val (_, request) = phone.asked(sandbox)
                phone.ports.person.switch.throws { UserVerifierException.Cancelled() }
                errors += thrown { phone.approve(request.id) }
                phone.ports.person.switch.works()
                phone.ports.keys.switch.throws { KeyStoreException.KeyLost() }
                errors += thrown { phone.approve(request.id) }
                phone.ports.keys.switch.works()
                phone.ports.clock.switch.throws { IllegalStateException() }
                errors += thrown { phone.approve(request.id) }
                phone.ports.clock.switch.works()
                phone.ports.vault.switch.throws { IllegalStateException() }
                errors += thrown { Phone.of(sandbox, phone.ports, phone.folder) }
                phone.ports.vault.switch.works()
                sandbox.post("/sandbox/faults", """{"on":"answer","kind":"status","status":410}""")
                errors += checkNotNull(phone.approve(request.id).error())
                errors += thrown { phone.deny(request.id) }
                sandbox.post("/sandbox/logins", """{"username":"alice","number_challenge":true}""")
                val numbered = phone.receive(sandbox.push())
                errors += thrown {
                    phone.authenticator.matchNumber(phone.authenticator.processConsentData(numbered.id), emptyList(), "x")
                }
                sandbox.post("/sandbox/faults", """{"on":"remove","kind":"status","status":403}""")
                errors += thrown { phone.authenticator.removeAccount(account.deviceId, Undelivered.ABANDON) }
                Phone.of(sandbox, phone.ports, phone.folder) { it.copy(trust = it.trust.copy(allowedHosts = listOf("a.b"))) }
                    .use { strict -> errors += thrown { strict.authenticator.previewEnrolment(qr) } }
                sandbox.close()
                errors += thrown { phone.authenticator.removeAccount(account.deviceId, Undelivered.ABANDON) }
            }
        }
        Sandbox("open-banking").use { sandbox ->
            Phone.of(sandbox).use { phone ->
                phone.scan(sandbox.qr())
                sandbox.consent("accounts")
                errors += thrown { phone.approve(phone.receive(sandbox.push()).id) }
            }
        }
        return errors
    }

    private suspend fun thrown(call: suspend () -> Any?): AuthenticatorException {
        val outcome = runCatching { call() }
        return assertThrows(AuthenticatorException::class.java) { outcome.getOrThrow() }
    }

    @Test
    fun `a setting that makes no sense is an argument's error`() = runBlocking<Unit> {
        val trust = TrustSettings(anchorsPem = listOf("no certificate"))
        val error = thrown { Ports().open(Configuration(newFolder().toString(), trust)) }
        assertEquals("the argument anchors_pem is missing", error.message)
        assertFalse(error.retryable())
    }
}
