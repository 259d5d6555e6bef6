package io.authpush.tests

import io.authpush.Account
import io.authpush.Answer
import io.authpush.AuthRequest
import io.authpush.Configuration
import io.authpush.Consent
import io.authpush.Device
import io.authpush.HistoryEntry
import io.authpush.LogLine
import io.authpush.Pin
import io.authpush.Profile
import io.authpush.TrustSettings
import io.authpush.VerificationPrompt
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.lang.reflect.Modifier

/** Records: what they are by default, that they stay as they are, and that they may be printed. */
internal class ValuesTest {
    @Test
    fun `what is not said has the documented default`() {
        val usual = Configuration("folder")
        assertEquals(listOf(30u, 10u, 120u, 1000u), usual.run { listOf(timeoutSeconds, connectSeconds, verificationSeconds, historyLimit) })
        assertEquals(null, usual.requestLifeSeconds)
        assertEquals(TrustSettings(true, emptyList(), emptyList(), emptyList(), false), usual.trust)
        assertEquals(Device("n", "m", 2048u, null), Device("n", "m"))
        assertEquals(Pin("sha256/x", null), Pin("sha256/x"))
        assertEquals(listOf("classic", "open-banking", "is7"), Profile.entries.map { it.toString() })
    }

    @Test
    fun `no field of a record can be changed`() {
        val records = listOf(
            Account::class, Answer::class, AuthRequest::class, Configuration::class, Consent::class, Device::class,
            HistoryEntry::class, LogLine::class, TrustSettings::class, VerificationPrompt::class,
        )
        for (field in records.flatMap { it.java.declaredFields.toList() }) {
            assertTrue(Modifier.isFinal(field.modifiers), "$field")
        }
    }

    @Test
    fun `nothing that is printed holds the push token`() = runBlocking<Unit> {
        Sandbox("open-banking").use { sandbox ->
            Phone.of(sandbox).use { phone ->
                val account = phone.scan(sandbox.qr())
                sandbox.consent("payments")
                val request = phone.receive(sandbox.push())
                val answer = phone.deny(request.id)
                val history = phone.authenticator.history(null, null)
                val printed = listOf(account, request, answer, history, Phone.device(), phone.ports.log.lines).toString()
                assertTrue(account.deviceId in printed)
                assertFalse(PUSH_ID in printed)
            }
        }
    }
}
