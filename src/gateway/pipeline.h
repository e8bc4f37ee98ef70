// gateway/pipeline.h — the way of a request for text, as a chain of types: each is made by its own stage alone and needs the one before.
//   Received → Recognised → (body) → Identified → Permitted → (Tab) → Measured → Admitted → Outcome
// Skipping authentication, or computing without an admission, does not compile.
// Threads  the reactor of the connection
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client_watch.h"
#include "decisions.h"
#include "ending.h"
#include "gatehouse/base/result.h"
#include "gatehouse/engine/engine.h"
#include "gatehouse/gateway/ceilings.h"
#include "gatehouse/gateway/generation.h"
#include "gatehouse/gateway/route.h"
#include "gatehouse/gateway/served_models.h"
#include "gatehouse/identity/authenticator.h"
#include "gatehouse/identity/nonces.h"
#include "gatehouse/identity/principal.h"
#include "gatehouse/net/asker.h"
#include "gatehouse/net/exchange.h"
#include "running.h"
#include "tab.h"

namespace gatehouse::gateway {

// The head alone: the envelope has given it an id and found its route; whom it names, once the doorkeeper has looked. named is the
// envelope's, and lives as long as what is received does.
class Received {
 public:
  net::Exchange& exchange() const { return *exchange_; }
  const Route& route() const { return *match_->route; }
  // Its route, and what stands for the braces of that.
  const RouteMatch& match() const { return *match_; }
  WallTime at() const { return at_; }

 private:
  friend class Envelope;
  friend class Doorkeeper;
  friend class Identified;
  Received(net::Exchange& exchange, const RouteMatch& match, WallTime at, identity::PrincipalPtr& named)
      : exchange_(&exchange), match_(&match), at_(at), named_(&named) {}
  net::Exchange* exchange_;
  const RouteMatch* match_;
  WallTime at_;
  identity::PrincipalPtr* named_;
  std::optional<std::uint64_t> named_by_;  // the version of the directory that said so; none: nobody has looked yet
};

// By the head alone: who asks is known, and may use this route at all. Only now is a body read.
class Recognised {
 private:
  friend class Doorkeeper;
  Recognised() = default;
};

// With the body: who asks may still use this route, and if they have signed, it was for this body, and has not been before.
class Identified {
 public:
  const Received& received() const { return received_; }
  const identity::Principal& principal() const { return **received_.named_; }

 private:
  friend class Doorkeeper;
  explicit Identified(Received received) : received_(std::move(received)) {}
  Received received_;
};

class Doorkeeper {
 public:
  // By reactor.
  Doorkeeper(std::vector<identity::Authenticator>& authenticators, const identity::Nonces& nonces)
      : authenticators_(authenticators), nonces_(nonces) {}
  // credential_missing, api_key_invalid, token_revoked, signature_invalid … (401), ambiguous_credentials (400), tenant_disabled,
  // scope_missing, address_not_allowed (403)
  // client: where a trusted proxy speaks for it, that one's word.
  // What it names becomes whose credential it is, also where that one is refused.
  Result<Recognised> recognise(Received& received, const net::Asker& client) const;
  // Once the body has come: that may take its time, and who asks may not be let in any more. The same, and digest_mismatch,
  // signature_replayed (401)
  Task<Result<Identified>> identify(Received received, const net::Asker& client, std::string_view body) const;
  // The same where there is nothing to wait for; nothing: it is signed.
  std::optional<Result<Identified>> identify_at_once(const Received& received, const net::Asker& client) const;

 private:
  // who: whoever that is, also where they are refused for what they are known for; else it stays as it was.
  Status look(const Received& received, const net::Asker& client, identity::Asking asking, identity::PrincipalPtr& who) const;
  Status look_again(const Received& received, const net::Asker& client) const;
  bool still_stands(const Received& received) const;
  identity::Authenticator& authenticator_of(const Received& received) const {
    return authenticators_[static_cast<std::size_t>(received.exchange().reactor().index())];
  }

  std::vector<identity::Authenticator>& authenticators_;
  const identity::Nonces& nonces_;
};

// The body is typed and valid, its model is one that this tenant may use, and it asks for no more than this server and their role allow.
// The model is pinned.
class Permitted {
 public:
  const Identified& identified() const { return identified_; }
  const Generation& generation() const { return generation_; }
  const ServedModel& model() const { return *model_; }
  // Its answer's place among those that are being made.
  Running::Seat& seat() const { return *seat_; }

 private:
  friend class Authorizer;
  Permitted(const Identified& identified, Running::Seat& seat, Generation generation, const ServedModel& model)
      : identified_(identified), seat_(&seat), generation_(std::move(generation)), model_(&model) {}
  const Identified& identified_;
  Running::Seat* seat_;
  Generation generation_;
  const ServedModel* model_;
};

class Authorizer {
 public:
  Authorizer(const ServedModels& models, const Ceilings& ceilings) : models_(models), ceilings_(ceilings) {}
  // model_not_found (404), model_not_allowed (403), and those of ceilings.h
  Result<Permitted> permit(const Identified& identified, Running::Seat& seat, Generation parsed) const;

 private:
  const ServedModels& models_;
  const Ceilings ceilings_;
};

// The engine has rendered and counted the prompt; nothing is computed yet.
class Measured {
 public:
  const Permitted& permitted() const { return permitted_; }
  const wire::engine::Prepared& prompt() const { return prompt_; }

 private:
  friend class Measure;
  friend class Admission;
  friend class Admitted;
  Measured(const Permitted& permitted, std::unique_ptr<engine::Job> job, wire::engine::Prepared prompt)
      : permitted_(permitted), job_(std::move(job)), prompt_(prompt) {}
  const Permitted& permitted_;
  std::unique_ptr<engine::Job> job_;
  wire::engine::Prepared prompt_;
};

class Measure {
 public:
  explicit Measure(const Ending& ending) : ending_(ending) {}
  // model_loading, engine_lost, shutting_down (503), context_length_exceeded, template_failed, invalid_value (400),
  // deadline_exceeded (504), client_gone where the call ends with its client
  Task<Result<Measured>> measure(Reactor& reactor, const Permitted& permitted, WhenGone gone = WhenGone::is_cancelled) const;

 private:
  const Ending& ending_;
};

// It may compute that many tokens over all its choices, and no more; what it takes of limits and budgets stands on its tab.
class Admitted {
 public:
  const Permitted& permitted() const { return permitted_; }
  std::uint32_t allowance() const { return per_choice_ * choices(); }
  std::uint32_t per_choice() const { return per_choice_; }
  std::uint32_t choices() const { return permitted_.generation().prompt.choices; }
  const wire::engine::Prepared& prompt() const { return prompt_; }
  engine::Job& job() { return *job_; }
  Tab& tab() { return tab_; }

 private:
  friend class Admission;
  Admitted(Measured measured, Tab& tab, std::uint32_t per_choice)
      : permitted_(measured.permitted_), tab_(tab), job_(std::move(measured.job_)), prompt_(measured.prompt_), per_choice_(per_choice) {}
  const Permitted& permitted_;
  Tab& tab_;
  std::unique_ptr<engine::Job> job_;
  wire::engine::Prepared prompt_;
  std::uint32_t per_choice_;
};

class Admission {
 public:
  // context_length_exceeded (400, 422 in the api dialect): prompt and allowance do not fit a seat, both are named. The refusals of
  // Tab::measure()
  Result<Admitted> admit(Measured measured, Tab& tab) const;
};

}  // namespace gatehouse::gateway
