// base/text_writer.h — pieces and numbers, one behind the other, into a text: for what is made with every answer.
// Rules    what stands in the text stays in front. Where as much comes as was said to be likely, memory is looked for once. The text is
//          the writer's until finish(), or until the writer ends
// Threads  one at a time
#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace gatehouse {

inline constexpr std::size_t most_digits = 20;

// 1, 10, 100 …
inline constexpr auto powers_of_ten = [] {
  std::array<std::uint64_t, most_digits> all{1};
  for (std::size_t i = 1; i < all.size(); ++i) all[i] = all[i - 1] * 10;
  return all;
}();

// 00, 01 … 99
inline constexpr auto pairs_of_digits = [] {
  std::array<char, 200> all{};
  for (std::size_t i = 0; i < 100; ++i) {
    all[2 * i] = static_cast<char>('0' + i / 10);
    all[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return all;
}();

// How many it has.
constexpr std::size_t digits_of(std::uint64_t number) {
  const std::uint64_t odd = number | 1U;                                                   // which has as many, and one at least
  const std::size_t about = static_cast<std::size_t>(std::bit_width(odd)) * 1233U >> 12U;  // by the logarithm of 2
  return about + (odd >= powers_of_ten[about] ? 1 : 0);
}

// Where there is room for them. What comes back is the place behind the last one.
inline char* write_digits(char* to, std::uint64_t number) {
  char* const end = to + digits_of(number);
  char* at = end;
  for (; number >= 100; number /= 100) std::memcpy(at -= 2, &pairs_of_digits[2 * (number % 100)], 2);
  if (number >= 10) {
    std::memcpy(to, &pairs_of_digits[2 * number], 2);
  } else {
    *to = static_cast<char>('0' + number);
  }
  return end;
}

class TextWriter {
 public:
  TextWriter(std::string& text, std::size_t likely) : text_(text) {
    at_ = text.data() + text.size();
    end_ = at_;
    make_room(likely);
  }
  ~TextWriter() {
    if (at_ != nullptr) finish();
  }
  TextWriter(const TextWriter&) = delete;
  TextWriter& operator=(const TextWriter&) = delete;

  TextWriter& add(std::string_view piece) {
    if (piece.size() > room()) make_room(piece.size());
    if (!piece.empty()) std::memcpy(at_, piece.data(), piece.size());
    at_ += piece.size();
    return *this;
  }
  TextWriter& add(std::uint64_t number) {
    if (room() < most_digits) make_room(most_digits);
    at_ = write_digits(at_, number);
    return *this;
  }
  // So much of it stands by now, what was in front included; back_to() takes what came later away again.
  std::size_t size() const { return static_cast<std::size_t>(at_ - text_.data()); }
  TextWriter& back_to(std::size_t size) { return at_ = text_.data() + size, *this; }
  // Nothing more comes.
  void finish() {
    text_.resize(size());
    at_ = end_ = nullptr;
  }

 private:
  std::size_t room() const { return static_cast<std::size_t>(end_ - at_); }
  void make_room(std::size_t more) {
    const std::size_t before = size();
    text_.resize(before + more);
    text_.resize(text_.capacity());
    at_ = text_.data() + before;
    end_ = text_.data() + text_.size();
  }
  std::string& text_;
  char* at_;
  char* end_;
};

}  // namespace gatehouse
