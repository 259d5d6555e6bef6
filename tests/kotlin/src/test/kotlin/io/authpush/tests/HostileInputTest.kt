package io.authpush.tests

import io.authpush.AuthenticatorException
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.nio.charset.CharacterCodingException

/** Texts that strangers control cross into the library and come back as errors, however they are made. */
internal class HostileInputTest {
    private val strange = listOf(
        "", "\u0000", "\u0000".repeat(1000), "\u202e\u2066\ufeff", "\ud83d\ude00".repeat(10_000), "[".repeat(100_000),
        "{\"a\":".repeat(10_000), "x".repeat(8 * 1024 * 1024), "{\"did\":\"${"d".repeat(4_000_000)}\"}", "\"\\ud800\"", "{}", "null",
        "{\"did\":1,\"chg\":[],\"hst\":{}}", "{\"deviceId\":null,\"sessionDataKey\":7,\"challenge\":true}",
    )

    @Test
    fun `every strange text is a typed error`() = runBlocking<Unit> {
        Sandbox("open-banking").use { sandbox ->
            Phone.of(sandbox).use { phone ->
                for (text in strange) {
                    refused { phone.authenticator.previewEnrolment(text) }
                    refused { phone.scan(text) }
                    refused { phone.receive(text) }
                    refused { phone.authenticator.processConsentData(text) }
                    refused { phone.authenticator.setDeviceName(text, text, text) }
                    assertEquals(0, phone.authenticator.history(text, 1u).size)
                }
                assertEquals(0, phone.authenticator.accounts().size)
                phone.scan(sandbox.qr())
            }
        }
    }

    @Test
    fun `a text that is no Unicode never reaches the library`() = runBlocking<Unit> {
        Sandbox("open-banking").use { sandbox ->
            Phone.of(sandbox).use { phone ->
                val halves = runCatching { phone.receive("\ud800") }
                assertThrows(CharacterCodingException::class.java) { halves.getOrThrow() }
                assertEquals(0, phone.authenticator.accounts().size)
            }
        }
    }

    private suspend fun refused(call: suspend () -> Any?) {
        val outcome = runCatching { call() }
        val error = assertThrows(AuthenticatorException::class.java) { outcome.getOrThrow() }
        assertTrue(error !is AuthenticatorException.Internal && error.toString().length < 200, "$error")
    }
}
