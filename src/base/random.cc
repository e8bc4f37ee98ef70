#include "gatehouse/base/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstring>

#include "gatehouse/base/assert.h"
#include "gatehouse/base/hex.h"

namespace gatehouse {

std::uint64_t RandomSource::next_u64() {
  std::uint64_t value;
  fill(std::as_writable_bytes(std::span(&value, 1)));
  return value;
}

std::string RandomSource::hex(std::size_t characters) {
  std::string raw((characters + 1) / 2, '\0');
  fill(std::as_writable_bytes(std::span(raw)));
  std::string out = to_hex(raw);
  out.resize(characters);
  return out;
}

std::string RandomSource::uuid() {
  std::string out = hex(32);
  out[12] = '4';
  out[16] = "89ab"[static_cast<unsigned char>(out[16]) % 4];
  for (std::size_t dash : {8U, 13U, 18U, 23U}) out.insert(dash, 1, '-');
  return out;
}

void SystemRandom::fill(std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t n = getrandom(out.data(), out.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) GH_FATAL("the kernel gives no random bytes");
    out = out.subspan(static_cast<std::size_t>(n));
  }
}

void SeededRandom::fill(std::span<std::byte> out) {
  while (!out.empty()) {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    z ^= z >> 31;
    const std::size_t n = out.size() < 8 ? out.size() : 8;
    std::memcpy(out.data(), &z, n);
    out = out.subspan(n);
  }
}

}  // namespace gatehouse
