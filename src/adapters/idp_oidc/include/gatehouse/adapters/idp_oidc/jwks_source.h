// adapters/idp_oidc/jwks_source.h — the keys of one outside issuer, from a file or from the address where it publishes them, kept fresh.
// Rules    A file is read every 5 s and taken when its bytes have changed. An address is asked when its answer's Cache-Control says so,
//          at the soonest after 5 minutes and at the latest after a day; without one, every hour. What cannot be read or is no key set
//          is logged once, tried again soon (5 s, doubling to 5 minutes), and changes nothing. One look at a time; a key that is
//          missing leads to at most one more a minute. HS256 keys are left out.
//          https asks over TLS 1.2 or newer, with the certificate and the host name verified (the name must be among the alternative
//          names) against the system's authorities or one file of them; plain http goes to loopback alone, and nothing to link-local
//          (where clouds keep their metadata), multicast and unspecified addresses, whatever a name resolves to. Redirects, proxies (also
//          those that the environment names), cookies and compressed answers are not followed, used or asked for. OpenSSL's own
//          variables SSL_CERT_FILE and SSL_CERT_DIR name the system's authorities where they are set.
// Life     stop() is awaited before this is destroyed, once it was started
// Units    answers and files of at most 64 KiB; the deadline is for one look at an address, its name included
// Threads  one reactor; keys() and missing() from any
// Errors   jwks_url_bad, jwks_origin_bad (operator) when it is made; what fails later is logged
#pragma once
#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/result.h"
#include "gatehouse/identity/key_source.h"
#include "gatehouse/runtime/reactor.h"
#include "gatehouse/runtime/signal.h"
#include "gatehouse/runtime/worker_pool.h"

namespace gatehouse::adapters {

// Either a file or an address.
struct JwksOrigin {
  friend bool operator==(const JwksOrigin&, const JwksOrigin&) = default;
  std::string issuer;  // for the log
  std::filesystem::path file;
  std::string url;
  std::filesystem::path authorities;  // PEM; empty: the system's
  milliseconds deadline = seconds(10);
  wire::JwsAlgorithms algorithms = wire::JwsAlgorithms::asymmetric();  // that keys are taken for
};

// jwks_url_bad: https, or http to loopback; no user, no fragment.
Status check_jwks_url(std::string_view url);

class KeySetReader;
class RefreshPlan;

class JwksSource final : public identity::KeySource {
 public:
  // files: for what blocks on the disk, and for reading keys, which computes.
  static Result<std::unique_ptr<JwksSource>> make(Reactor& reactor, WorkerPool& files, const JwksOrigin& origin);
  JwksSource(Reactor& reactor, WorkerPool& files, JwksOrigin origin, std::unique_ptr<KeySetReader> reader);
  ~JwksSource() override;
  JwksSource(const JwksSource&) = delete;
  JwksSource& operator=(const JwksSource&) = delete;

  Keys keys() const override;
  void missing(std::string_view kid) override;
  void follow(std::function<void(const Keys&)> changed) override;

  const JwksOrigin& origin() const { return origin_; }
  // On the reactor, or before it runs: looks, and goes on looking.
  void start();
  // Looks now, as after SIGHUP.
  void reload();
  Task<void> stop();

 private:
  Task<void> live();
  Task<void> look();
  Task<Status> read();
  void adopt(wire::JwsKeySet keys);
  void report(const Status& outcome);
  void look_for_missing();

  Reactor& reactor_;
  WorkerPool& files_;
  const JwksOrigin origin_;
  const std::unique_ptr<KeySetReader> reader_;
  const std::unique_ptr<RefreshPlan> plan_;
  std::vector<std::function<void(const Keys&)>> followers_;
  Signal news_, ended_;
  Deadline wake_, missing_again_;
  std::string text_, complaint_;  // what was read last; what was complained of last
  bool living_ = false, looking_ = false, stopping_ = false, missed_meanwhile_ = false;

  mutable std::mutex mutex_;  // taken for a copy of one pointer
  Keys keys_;
  std::atomic<bool> missed_{false};                                               // a key; the reactor need not hear of another one now
  const std::shared_ptr<const char> alive_ = std::make_shared<const char>('\0');  // for what is posted and comes too late
};

}  // namespace gatehouse::adapters
