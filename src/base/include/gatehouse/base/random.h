// base/random.h — randomness as a parameter.
// Threads  SystemRandom from any thread; SeededRandom from one
// Errors   the kernel refusing randomness is fatal: nothing may go on without it
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace gatehouse {

class RandomSource {
 public:
  virtual ~RandomSource() = default;
  virtual void fill(std::span<std::byte> out) = 0;

  std::uint64_t next_u64();
  // n characters of lower-case hexadecimal.
  std::string hex(std::size_t characters);
  // A random UUID, version 4.
  std::string uuid();
};

class SystemRandom final : public RandomSource {
 public:
  void fill(std::span<std::byte> out) override;
};

// splitmix64: repeatable, for tests and --seed; never for secrets.
class SeededRandom final : public RandomSource {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<std::byte> out) override;

 private:
  std::uint64_t state_;
};

}  // namespace gatehouse
