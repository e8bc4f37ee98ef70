#include "gatehouse/identity/sealing.h"

#include <sodium.h>

#include <span>

namespace gatehouse::identity {
namespace {

constexpr char layout = 1;
constexpr std::size_t key_length = crypto_aead_xchacha20poly1305_ietf_KEYBYTES, nonce_length = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
                      tag_length = crypto_aead_xchacha20poly1305_ietf_ABYTES, head_length = 1 + nonce_length;

unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string associated_data(const SealedPlace& place) {
  GH_ASSERT(place.what.size() <= 255);
  std::string data{layout, static_cast<char>(place.what.size())};
  return data.append(place.what).append(place.id);
}

Error broken(const SealedPlace& place, std::string_view why) {
  return internal_error("seal_broken", std::string(place.what) + " '" + std::string(place.id) + "': " + std::string(why))
      .with_retry(Retry::never());
}

}  // namespace

Result<Sealer> Sealer::make(Secret<std::string> key) {
  if (key.expose().size() != key_length) return internal_error("sealing_failed", "the key for sealing has not 32 bytes");
  if (sodium_init() < 0) return internal_error("sealing_failed", "libsodium does not start");
  return Sealer(std::move(key));
}

std::string Sealer::seal(const Secret<std::string>& secret, const SealedPlace& place, RandomSource& random) const {
  const std::string data = associated_data(place);
  const std::string& text = secret.expose();
  std::string sealed(head_length + text.size() + tag_length, '\0');
  sealed[0] = layout;
  random.fill(std::as_writable_bytes(std::span(sealed).subspan(1, nonce_length)));
  const int done = crypto_aead_xchacha20poly1305_ietf_encrypt(bytes(sealed) + head_length, nullptr, bytes(text), text.size(), bytes(data),
                                                              data.size(), nullptr, bytes(sealed) + 1, bytes(key_.expose()));
  GH_ASSERT(done == 0);
  return sealed;
}

Result<Secret<std::string>> Sealer::open(std::string_view sealed, const SealedPlace& place) const {
  if (sealed.size() < head_length + tag_length) return broken(place, "too short to be sealed");
  if (sealed[0] != layout) return broken(place, "sealed in another way, perhaps by a newer Gatehouse");
  const std::string data = associated_data(place);
  const std::string_view closed = sealed.substr(head_length);
  std::string text(closed.size() - tag_length, '\0');
  const int done = crypto_aead_xchacha20poly1305_ietf_decrypt(bytes(text), nullptr, nullptr, bytes(closed), closed.size(), bytes(data),
                                                              data.size(), bytes(sealed) + 1, bytes(key_.expose()));
  if (done != 0) return broken(place, "damaged, or sealed for another record or under another master key");
  return Secret<std::string>(std::move(text));
}

}  // namespace gatehouse::identity
