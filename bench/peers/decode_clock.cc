// bench/peers/decode_clock.cc — how much CPU time llama-server spends inside llama_decode, told to whoever measures it: its build puts this
// between the server and the library (--wrap). Nanoseconds of the calling thread, a 64-bit number at the start of the file that
// DECODE_CLOCK names; without that nothing is counted. With one compute thread that thread is the one that computes.
#include <fcntl.h>
#include <llama.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

std::atomic<std::uint64_t>* opened_clock() {
  const char* path = std::getenv("DECODE_CLOCK");
  if (path == nullptr) return nullptr;
  const int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return nullptr;
  void* memory = mmap(nullptr, sizeof(std::atomic<std::uint64_t>), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  return memory == MAP_FAILED ? nullptr : static_cast<std::atomic<std::uint64_t>*>(memory);
}

std::uint64_t thread_nanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace

extern "C" {
std::int32_t __real_llama_decode(llama_context* context, llama_batch batch);

std::int32_t __wrap_llama_decode(llama_context* context, llama_batch batch) {
  static std::atomic<std::uint64_t>* const spent = opened_clock();
  if (spent == nullptr) return __real_llama_decode(context, batch);
  const std::uint64_t start = thread_nanoseconds();
  const std::int32_t result = __real_llama_decode(context, batch);
  spent->fetch_add(thread_nanoseconds() - start, std::memory_order_relaxed);
  return result;
}
}
