#include "cache_clear.h"

#include <dlfcn.h>
#include <ggml-backend.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <exception>
#include <thread>
#include <vector>

#include "gatehouse/base/assert.h"

namespace gatehouse::adapters {
namespace {

constexpr std::size_t page = 4096, huge_page = std::size_t{2} << 20;
constexpr std::size_t least_buffer = 2 * huge_page, a_threads_worth = 16 * huge_page;
constexpr std::size_t bytes_a_nanosecond = 4;  // one thread clears six where memory is at hand
constexpr unsigned most_threads = 8;

thread_local CacheClear* of_this_thread = nullptr;

void clear_as_the_library_does(ggml_backend_buffer_t buffer, std::uint8_t value) {
  static const auto theirs = reinterpret_cast<decltype(&ggml_backend_buffer_clear)>(dlsym(RTLD_NEXT, "ggml_backend_buffer_clear"));
  GH_ASSERT(theirs != nullptr);
  theirs(buffer, value);
}

// The whole pages of it that follow its first huge page's border.
std::span<std::byte> whole_pages(std::span<std::byte> buffer) {
  const auto begin = reinterpret_cast<std::uintptr_t>(buffer.data());
  const std::size_t before = (huge_page - begin % huge_page) % huge_page;
  if (before >= buffer.size()) return {};
  return buffer.subspan(before, (buffer.size() - before) / page * page);
}

// Huge pages in their order, each by one of the threads, until the time is over. Returns the bytes that have been written.
std::size_t touch(std::span<std::byte> pages, unsigned threads, Instant until) {
  const std::size_t count = (pages.size() + huge_page - 1) / huge_page;
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    while (SystemClock().now() < until) {
      const std::size_t mine = next.fetch_add(1, std::memory_order_relaxed);
      if (mine >= count) return;
      const std::span<std::byte> rest = pages.subspan(mine * huge_page);
      std::memset(rest.data(), 0, std::min(rest.size(), huge_page));
    }
  };
  {
    std::vector<std::jthread> others;
    try {
      while (others.size() + 1 < threads) others.emplace_back(work);
    } catch (const std::exception&) {  // no more can be had: those that are there do it
    }
    work();
  }
  return std::min(pages.size(), std::min(next.load(std::memory_order_relaxed), count) * huge_page);
}

}  // namespace

unsigned clearing_threads() { return std::clamp(std::thread::hardware_concurrency(), 1U, most_threads); }

CacheClear::CacheClear(unsigned threads, nanoseconds at_least) : threads_(std::max(threads, 1U)), at_least_(at_least) {
  GH_ASSERT(of_this_thread == nullptr);
  of_this_thread = this;
}

CacheClear::~CacheClear() { of_this_thread = nullptr; }

bool CacheClear::clear(std::span<std::byte> buffer) {
  const std::span<std::byte> pages = whole_pages(buffer);
  // Behind this they read as zeros, whoever has them first.
  if (pages.size() < least_buffer || madvise(pages.data(), pages.size(), MADV_DONTNEED) != 0) return false;
  const auto before = static_cast<std::size_t>(pages.data() - buffer.data());
  std::memset(buffer.data(), 0, before);
  std::memset(pages.data() + pages.size(), 0, buffer.size() - before - pages.size());
  const Instant until = SystemClock().now() + at_least_ + nanoseconds(pages.size() / bytes_a_nanosecond);
  const auto worth = static_cast<unsigned>(std::min<std::size_t>(threads_, 1 + pages.size() / a_threads_worth));
  const std::size_t touched = touch(pages, worth, until);
  cleared_ += buffer.size();
  left_ += pages.size() - touched;
  // Without these the rest comes in huge pages: nothing is wrong then, and some of its tokens wait longer.
  if (touched < pages.size()) static_cast<void>(madvise(pages.data() + touched, pages.size() - touched, MADV_NOHUGEPAGE));
  return true;
}

}  // namespace gatehouse::adapters

// Stands in front of the library's own, for libllama, too: a program's symbols come before those of its libraries.
extern "C" [[gnu::visibility("default")]] void ggml_backend_buffer_clear(ggml_backend_buffer_t buffer, std::uint8_t value) {
  using namespace gatehouse::adapters;
  if (of_this_thread != nullptr && value == 0 && ggml_backend_buffer_is_host(buffer)) {
    auto* const at = static_cast<std::byte*>(ggml_backend_buffer_get_base(buffer));
    if (at != nullptr && of_this_thread->clear({at, ggml_backend_buffer_get_size(buffer)})) return;
  }
  clear_as_the_library_does(buffer, value);
}
