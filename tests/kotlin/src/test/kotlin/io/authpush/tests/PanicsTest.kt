package io.authpush.tests

import io.authpush.AuthenticatorException
import io.authpush.Delivery
import io.authpush.InternalException
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Tag
import org.junit.jupiter.api.Test

/** A bug of the library is an exception in the app, not its death. Runs with a library that panics when it is told to. */
@Tag("panics")
internal class PanicsTest {
    @Test
    fun `a panic in blocking work is the error Internal, and everything goes on`() = runBlocking<Unit> {
        assertTrue(System.getProperty("uniffi.component.authpush.libraryOverride").startsWith(Settings.probe.toString()))
        Sandbox("classic").use { sandbox ->
            Phone.of(sandbox).use { phone ->
                phone.scan(sandbox.qr())
                val (_, request) = phone.asked(sandbox)
                for (round in 1..3) {
                    phone.ports.clock.tells = Long.MIN_VALUE
                    val error = outcome { phone.approve(request.id) }
                    assertThrows(AuthenticatorException.Internal::class.java) { error.getOrThrow() }
                    val entry = outcome { phone.authenticator.history(null, null) }
                    assertThrows(AuthenticatorException.Internal::class.java) { entry.getOrThrow() }
                    phone.ports.clock.tells = null
                }
                assertEquals(Delivery.DELIVERED, phone.approve(request.id).delivery)
            }
        }
    }

    @Test
    fun `a panic where a future is polled is an InternalException, and everything goes on`() = runBlocking<Unit> {
        Sandbox("classic").use { sandbox ->
            Phone.of(sandbox).use { phone ->
                for (round in 1..3) {
                    val error = outcome { phone.authenticator.previewEnrolment("panic") }
                    assertThrows(InternalException::class.java) { error.getOrThrow() }
                }
                assertEquals("alice", phone.authenticator.previewEnrolment(sandbox.qr()).username)
            }
        }
    }

    private suspend fun outcome(call: suspend () -> Any?): Result<Any?> = runCatching { call() }
}
