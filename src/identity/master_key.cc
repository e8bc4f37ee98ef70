#include "gatehouse/identity/master_key.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "private_file.h"

namespace gatehouse::identity {
namespace {

constexpr PrivateFile master_key_file{
    .missing = "master_key_missing",
    .exposed = "master_key_exposed",
    .damaged = "master_key_damaged",
    .advice = "put it back from a backup; without it none of the keys in this data folder can be checked",
    .most = 4096,
};

std::filesystem::path folder_of_keys(const std::filesystem::path& data) { return data / "keys"; }
std::filesystem::path path_of(const std::filesystem::path& data) { return folder_of_keys(data) / "master.key"; }

Status check_folder(const std::filesystem::path& data) {
  std::error_code ignored;
  if (!std::filesystem::exists(folder_of_keys(data), ignored)) return ok();  // the missing file says it better
  GH_TRY(const Fd folder, open_folder(folder_of_keys(data)));
  return check_private(folder, folder_of_keys(data), 0700, master_key_file.exposed);
}

struct Free {
  void operator()(EVP_KDF* kdf) const { EVP_KDF_free(kdf); }
  void operator()(EVP_KDF_CTX* context) const { EVP_KDF_CTX_free(context); }
};

}  // namespace

Result<MasterKey> MasterKey::open(const std::filesystem::path& data) {
  GH_CHECK(check_folder(data));
  GH_TRY(Secret<std::string> bytes, read_private(path_of(data), master_key_file));
  const std::size_t found = bytes.expose().size();
  MasterKey key(std::move(bytes));  // before the size is known: gcc 12 would see a short string's memory overrun
  if (found != size) {
    return damaged(path_of(data), master_key_file, "it has " + std::to_string(found) + " bytes, not " + std::to_string(size));
  }
  return key;
}

Result<MasterKey> MasterKey::open_or_create(const std::filesystem::path& data, RandomSource& random) {
  GH_CHECK(check_folder(data));
  std::error_code ignored;
  if (std::filesystem::symlink_status(path_of(data), ignored).type() == std::filesystem::file_type::not_found) {
    std::string bytes(size, '\0');
    random.fill(std::as_writable_bytes(std::span(bytes)));
    const Secret<std::string> fresh(std::move(bytes));
    GH_CHECK(write_private(path_of(data), fresh.expose()));
  }
  return open(data);
}

Result<Secret<std::string>> MasterKey::derive(std::string_view label) const {
  const std::unique_ptr<EVP_KDF, Free> kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  const std::unique_ptr<EVP_KDF_CTX, Free> context(kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr);
  std::string digest = "SHA256", info(label), key(bytes_.expose());
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key.data(), key.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
      OSSL_PARAM_construct_end(),
  };
  std::string out(size, '\0');
  const bool derived = context && EVP_KDF_derive(context.get(), reinterpret_cast<unsigned char*>(out.data()), out.size(), params) == 1;
  wipe(key.data(), key.size());
  if (!derived) return internal_error("key_derivation_failed", "OpenSSL derived no key");
  return Secret<std::string>(std::move(out));
}

}  // namespace gatehouse::identity
