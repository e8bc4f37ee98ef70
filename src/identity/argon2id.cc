#include "argon2id.h"

#include <sodium.h>

#include <charconv>

namespace gatehouse::identity {
namespace {

constexpr std::string_view version_and_memory = "v=19$m=", passes = ",t=", one_lane = ",p=1$";
constexpr int base64 = sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
constexpr std::uint32_t least_memory_kib = crypto_pwhash_argon2id_MEMLIMIT_MIN / 1024;

template <std::size_t Size>
constexpr std::size_t base64_length = (Size * 8 + 5) / 6;

template <std::size_t Size>
std::string to_base64(const std::array<unsigned char, Size>& bytes) {
  std::string text(base64_length<Size> + 1, '\0');  // and libsodium's end
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), base64);
  text.pop_back();
  return text;
}

// What is left of a text that is read from its front.
class Rest {
 public:
  explicit Rest(std::string_view text) : text_(text) {}
  bool at_end() const { return text_.empty(); }

  bool take(std::string_view word) {
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }
  // As it is written: no sign, no zero in front.
  bool take(std::uint32_t& number, std::uint32_t least, std::uint32_t most) {
    if (text_.starts_with('0')) return false;
    const auto read = std::from_chars(text_.data(), text_.data() + text_.size(), number);
    if (read.ec != std::errc()) return false;
    text_.remove_prefix(static_cast<std::size_t>(read.ptr - text_.data()));
    return number >= least && number <= most;
  }
  template <std::size_t Size>
  bool take(std::array<unsigned char, Size>& bytes) {
    const std::string_view word = text_.substr(0, base64_length<Size>);
    std::size_t length = 0;
    const int read = sodium_base642bin(bytes.data(), Size, word.data(), word.size(), nullptr, &length, nullptr, base64);
    return read == 0 && length == Size && take(word);
  }

 private:
  std::string_view text_;
};

}  // namespace

bool start_argon2id() { return sodium_init() >= 0; }

std::string text_of(const Argon2id& hash) {
  std::string text(Argon2id::scheme);
  text.append(version_and_memory).append(std::to_string(hash.cost.memory_kib)).append(passes).append(std::to_string(hash.cost.passes));
  return text.append(one_lane).append(to_base64(hash.salt)).append("$").append(to_base64(hash.tag));
}

std::optional<Argon2id> parse_argon2id(std::string_view text) {
  Rest rest(text);
  Argon2id hash{PasswordCost()};
  const bool whole = rest.take(Argon2id::scheme) && rest.take(version_and_memory) &&
                     rest.take(hash.cost.memory_kib, least_memory_kib, PasswordCost::most_memory_kib) && rest.take(passes) &&
                     rest.take(hash.cost.passes, 1, PasswordCost::most_passes) && rest.take(one_lane) && rest.take(hash.salt) &&
                     rest.take("$") && rest.take(hash.tag) && rest.at_end();
  return whole ? std::optional(hash) : std::nullopt;
}

Status compute_tag(const Secret<std::string>& password, Argon2id& hash) {
  const std::string& text = password.expose();
  const int done = crypto_pwhash_argon2id(hash.tag.data(), hash.tag.size(), text.data(), text.size(), hash.salt.data(), hash.cost.passes,
                                          std::size_t{hash.cost.memory_kib} * 1024, crypto_pwhash_argon2id_ALG_ARGON2ID13);
  if (done != 0) return internal_error("password_hash_failed", "libsodium could not compute Argon2id: too little memory");
  return ok();
}

}  // namespace gatehouse::identity
