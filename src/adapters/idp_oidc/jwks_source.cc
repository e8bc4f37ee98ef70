#include "gatehouse/adapters/idp_oidc/jwks_source.h"

#include <utility>

#include "file_reader.h"
#include "gatehouse/telemetry/log.h"
#include "key_set_reader.h"
#include "refresh_plan.h"
#include "url_reader.h"

namespace gatehouse::adapters {
namespace {

namespace log = telemetry::log;

constexpr seconds between_missing_keys{60};

Error bad_origin(const std::string& issuer) {
  return operator_error("jwks_origin_bad", "the issuer '" + issuer + "' needs either a file or an address for its keys");
}
Error too_busy() { return operator_error("jwks_not_read", "too much waits for the disk"); }

// What others can read signs nothing.
Result<wire::JwsKeySet> parse(const std::string& text, wire::JwsAlgorithms algorithms) {
  wire::JwksOptions options;
  options.algorithms = algorithms & wire::JwsAlgorithms::asymmetric();
  return wire::JwsKeySet::parse(text, options);
}

}  // namespace

Status check_jwks_url(std::string_view url) {
  const Result<Url> read = parse_url(url);
  return read ? ok() : Status(read.error());
}

Result<std::unique_ptr<JwksSource>> JwksSource::make(Reactor& reactor, WorkerPool& files, const JwksOrigin& origin) {
  if (origin.file.empty() == origin.url.empty()) return bad_origin(origin.issuer);
  std::unique_ptr<KeySetReader> reader;
  if (origin.url.empty()) {
    reader = std::make_unique<FileReader>(reactor, files, origin.file);
  } else {
    GH_TRY(Url url, parse_url(origin.url));
    HttpsOptions options(origin.authorities, origin.deadline, most_key_set_bytes);
    reader = std::make_unique<UrlReader>(reactor, files, std::move(url), std::move(options));
  }
  return std::make_unique<JwksSource>(reactor, files, origin, std::move(reader));
}

JwksSource::JwksSource(Reactor& reactor, WorkerPool& files, JwksOrigin origin, std::unique_ptr<KeySetReader> reader)
    : reactor_(reactor),
      files_(files),
      origin_(std::move(origin)),
      reader_(std::move(reader)),
      plan_(std::make_unique<RefreshPlan>(reader_->pauses())),
      news_(reactor),
      ended_(reactor),
      wake_(reactor, [this] { news_.raise(); }),
      missing_again_(reactor, [this] { missed_ = false; }) {}

JwksSource::~JwksSource() = default;

identity::KeySource::Keys JwksSource::keys() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

void JwksSource::follow(std::function<void(const Keys&)> changed) { followers_.push_back(std::move(changed)); }

// Tokens with invented keys may come in floods: within the minute they cost a look at one flag.
void JwksSource::missing(std::string_view) {
  if (missed_.load(std::memory_order_relaxed) || missed_.exchange(true)) return;
  reactor_.post([this, alive = std::weak_ptr<const char>(alive_)] {
    if (!alive.expired()) look_for_missing();
  });
}

// What is looked for already may bring the key; if it does not, the next token asks again.
void JwksSource::look_for_missing() {
  if (looking_) {
    missed_meanwhile_ = true;
    return;
  }
  missing_again_.arm_in(between_missing_keys);
  news_.raise();
}

void JwksSource::start() {
  living_ = true;
  reactor_.spawn(live());
}

void JwksSource::reload() { news_.raise(); }

Task<void> JwksSource::stop() {
  stopping_ = true;
  reader_->give_up();
  news_.raise();
  while (living_) co_await ended_.wait();
}

Task<void> JwksSource::live() {
  while (!stopping_) {
    co_await look();
    if (stopping_) break;
    wake_.arm(plan_->next());
    co_await news_.wait();
    wake_.disarm();
  }
  living_ = false;
  ended_.raise();
}

Task<void> JwksSource::look() {
  looking_ = true;
  Task<Status> reading = read();
  const Status outcome = co_await std::move(reading);
  looking_ = false;
  if (std::exchange(missed_meanwhile_, false)) missed_ = false;
  if (stopping_) co_return;
  if (!outcome) plan_->failed(reactor_.clock().now());
  report(outcome);
}

Task<Status> JwksSource::read() {
  GH_CO_TRY(KeySetText found, co_await reader_->read());
  if (!keys_ || found.text != text_) {
    std::function<Result<wire::JwsKeySet>(Worker&)> parse_it = [text = found.text, algorithms = origin_.algorithms](Worker&) {
      return parse(text, algorithms);
    };
    auto parsing = files_.run<Result<wire::JwsKeySet>>(reactor_, std::move(parse_it));
    std::optional<Result<wire::JwsKeySet>> parsed = co_await std::move(parsing);
    if (!parsed) co_return too_busy();
    GH_CO_TRY(wire::JwsKeySet keys, std::move(*parsed));
    text_ = std::move(found.text);
    if (!stopping_) adopt(std::move(keys));
  }
  plan_->succeeded(reactor_.clock().now(), found.fresh_for);
  co_return ok();
}

void JwksSource::adopt(wire::JwsKeySet keys) {
  log::info("issuers", "keys taken", {{"issuer", origin_.issuer}, {"keys", keys.keys().size()}, {"left_out", keys.ignored().size()}});
  for (const wire::IgnoredJwk& ignored : keys.ignored()) {
    log::info("issuers", "a key is left out",
              {{"issuer", origin_.issuer}, {"position", ignored.position + 1}, {"why", ignored.why.public_text()}});
  }
  const auto next = std::make_shared<const wire::JwsKeySet>(std::move(keys));
  {
    const std::lock_guard lock(mutex_);
    keys_ = next;
  }
  for (const auto& changed : followers_) changed(next);
}

// The same complaint is not repeated with every try.
void JwksSource::report(const Status& outcome) {
  if (outcome) {
    if (!complaint_.empty()) log::info("issuers", "the keys can be read again", {{"issuer", origin_.issuer}});
    complaint_.clear();
    return;
  }
  std::string complaint = outcome.error().describe();
  if (complaint == complaint_) return;
  complaint_ = std::move(complaint);
  log::warn("issuers", "the keys cannot be read: what was read before stays", {{"issuer", origin_.issuer}, {"error", complaint_}});
}

}  // namespace gatehouse::adapters
