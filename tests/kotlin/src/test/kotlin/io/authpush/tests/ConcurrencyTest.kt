package io.authpush.tests

import io.authpush.Delivery
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.util.concurrent.Executors

/** Many calls at once, and none that holds its caller's thread. */
internal class ConcurrencyTest {
    @Test
    fun `a thread that draws goes on drawing while a key is made`() {
        Sandbox("classic").use { sandbox ->
            Executors.newSingleThreadExecutor().asCoroutineDispatcher().use { screen ->
                runBlocking(screen) {
                    Phone.of(sandbox).use { phone ->
                        var (frames, longest, last) = Triple(0, 0L, System.nanoTime())
                        val drawing = launch {
                            while (true) {
                                delay(1)
                                longest = maxOf(longest, System.nanoTime() - last)
                                last = System.nanoTime()
                                frames += 1
                            }
                        }
                        val qr = withContext(Dispatchers.IO) { sandbox.qr() }
                        val began = frames
                        phone.authenticator.addAccount(qr, PUSH_ID, Phone.device(keyBits = 4096u))
                        drawing.cancel()
                        // A key of this size takes far longer than a frame.
                        assertTrue(frames - began > 10, "$frames frames, the longest of ${longest / 1_000_000} ms")
                    }
                }
            }
        }
    }

    @Test
    fun `two hundred calls at once, over two authenticators of one folder`() = runBlocking<Unit>(Dispatchers.Default) {
        Sandbox("classic").use { sandbox ->
            Phone.of(sandbox).use { phone ->
                phone.scan(sandbox.qr())
                val (session, request) = phone.asked(sandbox)
                Phone.of(sandbox, phone.ports, phone.folder).use { other ->
                    val calls = (0 until 200).map { number ->
                        async {
                            val which = if (number % 2 == 0) phone else other
                            when (number % 4) {
                                0 -> which.authenticator.accounts().size
                                1 -> which.authenticator.history(null, null).size
                                2 -> which.authenticator.requests(null).size
                                else -> which.authenticator.processConsentData(request.id).use { 1 }
                            }
                        }
                    }
                    assertEquals(200, calls.awaitAll().sum())
                    val answers = (0 until 20).map { async { (if (it % 2 == 0) phone else other).approve(request.id) } }.awaitAll()
                    assertTrue(answers.all { it.delivery in setOf(Delivery.DELIVERED, Delivery.QUEUED) })
                    assertEquals(1, sandbox.accepted(session).size)
                    assertEquals(Delivery.DELIVERED, other.authenticator.entry(request.id).answer?.delivery)
                }
            }
        }
    }
}
