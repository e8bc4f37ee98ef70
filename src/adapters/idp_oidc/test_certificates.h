// For tests: certificates of an authority that exists only here, right and wrong ones.
#pragma once
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <utility>

namespace gatehouse::adapters {

struct CertificateWish {
  std::string subject = "localhost";
  std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";  // alternative names, as OpenSSL writes them; empty: none
  long valid_from = -3600, valid_until = 3600;              // seconds from now
  bool authority = false;
};

class Certificate {
 public:
  // Signed by its issuer, or by itself where there is none.
  explicit Certificate(const CertificateWish& wish, const Certificate* issuer = nullptr)
      : key_(EVP_EC_gen("P-256"), EVP_PKEY_free), certificate_(X509_new(), X509_free) {
    static long serial = 1;
    X509* const made = certificate_.get();
    X509_set_version(made, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made), serial++);
    X509_gmtime_adj(X509_getm_notBefore(made), wish.valid_from);
    X509_gmtime_adj(X509_getm_notAfter(made), wish.valid_until);
    X509_set_pubkey(made, key_.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(wish.subject.c_str()), -1, -1, 0);
    const Certificate& signer = issuer != nullptr ? *issuer : *this;
    X509_set_issuer_name(made, X509_get_subject_name(signer.certificate_.get()));
    extend(signer, NID_basic_constraints, wish.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    extend(signer, NID_key_usage, wish.authority ? "critical,keyCertSign" : "critical,digitalSignature");
    if (!wish.names.empty()) extend(signer, NID_subject_alt_name, wish.names);
    X509_sign(made, signer.key_.get(), EVP_sha256());
  }

  X509* certificate() const { return certificate_.get(); }
  EVP_PKEY* key() const { return key_.get(); }
  std::string pem() const {
    const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
    PEM_write_bio_X509(out.get(), certificate_.get());
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(out.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
  }

 private:
  void extend(const Certificate& signer, int what, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, signer.certificate_.get(), certificate_.get(), nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
        X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str()), X509_EXTENSION_free);
    X509_add_ext(certificate_.get(), extension.get(), -1);
  }
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
  std::unique_ptr<X509, decltype(&X509_free)> certificate_;
};

inline Certificate make_authority(const std::string& subject = "An authority for tests") {
  CertificateWish wish;
  wish.subject = subject;
  wish.names = "";
  wish.authority = true;
  return Certificate(wish);
}

}  // namespace gatehouse::adapters
