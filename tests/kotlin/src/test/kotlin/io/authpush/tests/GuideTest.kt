package io.authpush.tests

import io.authpush.AccountState
import io.authpush.AuthenticatorException
import io.authpush.Delivery
import io.authpush.TrustSettings
import io.authpush.guide.PrintedLog
import io.authpush.guide.approveWithNumber
import io.authpush.guide.decide
import io.authpush.guide.deliverWhatWaits
import io.authpush.guide.enrol
import io.authpush.guide.log
import io.authpush.guide.onPush
import io.authpush.guide.open
import io.authpush.guide.past
import io.authpush.guide.reaction
import io.authpush.guide.remove
import io.authpush.guide.trustOfABank
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** The code of `bindings/kotlin.md`, in the order in which a newcomer would use it. */
internal class GuideTest {
    @Test
    fun `from the first enrolment to the removal`() = runBlocking<Unit> {
        Sandbox("open-banking").use { sandbox ->
            val ports = Ports()
            val trust = TrustSettings(publicRoots = false, anchorsPem = listOf(sandbox.certificate))
            open(newFolder().toString(), ports.vault, ports.person, trust).use { authenticator ->
                log(authenticator, PrintedLog())
                assertNull(enrol(authenticator, sandbox.qr(), PUSH_ID) { false })
                val account = enrol(authenticator, sandbox.qr(), PUSH_ID) { it.username == "alice" }!!
                assertEquals(AccountState.ACTIVE, account.state)
                sandbox.consent("accounts")
                val request = onPush(authenticator, sandbox.push(), null)!!
                val chosen = listOf(request.consent!!.accounts.first().id)
                assertEquals(Delivery.DELIVERED, decide(authenticator, request.id, chosen).delivery)
                assertNull(onPush(authenticator, sandbox.push(), null))
                sandbox.consent("payments")
                val denied = onPush(authenticator, sandbox.push(), null)!!
                assertEquals(Delivery.UNCONFIRMED, decide(authenticator, denied.id, null).delivery)
                assertTrue(deliverWhatWaits(authenticator, isPerson = true).isEmpty())
                assertEquals(2, past(authenticator).size)
                assertEquals(account.deviceId, remove(authenticator, account.deviceId).deviceId)
                val outcome = runCatching { decide(authenticator, "no such", null) }
                val error = assertThrows(AuthenticatorException::class.java) { outcome.getOrThrow() }
                assertEquals("look at the list again", reaction(error))
            }
        }
    }

    @Test
    fun `a login with a number, and a bank's trust`() = runBlocking<Unit> {
        Sandbox("is7").use { sandbox ->
            Phone.of(sandbox).use { phone ->
                phone.scan(sandbox.qr())
                val login = sandbox.post("/sandbox/logins", """{"username":"alice","number_challenge":true}""")
                val request = onPush(phone.authenticator, sandbox.push(), null)!!
                val answer = approveWithNumber(phone.authenticator, request.id, login.get("number").asText())
                assertEquals(Delivery.DELIVERED, answer.delivery)
            }
        }
        assertEquals(listOf("bank.example"), trustOfABank("bank.example", "sha256/x").allowedHosts)
    }
}
