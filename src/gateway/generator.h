// gateway/generator.h — a request for text, through every stage of the pipeline, and once more when its engine was lost before a word.
// Threads  the reactor of the connection
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "asked_again.h"
#include "body_limits.h"
#include "cache_desk.h"
#include "dispatcher.h"
#include "egress.h"
#include "gatehouse/base/random.h"
#include "gatehouse/gateway/administration.h"
#include "gatehouse/gateway/content_rules.h"
#include "gatehouse/wire/json/document.h"
#include "governor.h"
#include "idempotency.h"
#include "meters.h"
#include "pipeline.h"

namespace gatehouse::gateway {

// What a request has come to, for the log and the meters.
struct Ledger {
  std::string object;      // the id of what it is about, where the path names it
  Subject subject;         // whom it is about, where nobody was let in
  bool on_record = false;  // it has its record already
  std::string model;       // empty: none was reached
  std::string task;        // of NLU, several apart by commas; empty: another kind of model
  Usage usage;
  std::optional<nanoseconds> generated_for;
  std::string_view finish;
  std::string content;  // what was asked, masked, where that is kept
};

// Whether it is the Generator's.
constexpr bool generates(Action action) {
  return action == Action::chat || action == Action::completion || action == Action::llm_generate || action == Action::messages ||
         action == Action::count_tokens || action == Action::oip_generate || action == Action::oip_generate_stream;
}

class Generator {
 public:
  Generator(const ServedModels& models, const Ceilings& ceilings, const Doorkeeper& doorkeeper, RandomSource& random,
            const CurrentBodyLimits& bodies, Levels& levels, const Ending& ending, std::vector<Running>& running, ContentRules contents,
            Governor& governor, Idempotency& idempotency, CacheDesk& cache);

  // Who asks has been let in by the head. Returns when the answer is complete, or the client gone.
  Task<void> run(const Received& received, Egress& egress, Ledger& ledger);

 private:
  Task<void> count(Reactor& reactor, const Permitted& permitted, Egress& egress) const;
  // once: by what it is known to whoever asks again; null: each time is another.
  Task<void> answer(const Permitted& permitted, Egress& egress, Ledger& ledger, const OnceRequest* once);
  // tab: its own, open. mark: of a call that is made once, else null.
  Task<Outcome> generate(const Permitted& permitted, Answer& answer, Egress& egress, std::optional<Tab>& tab, const store::Digest* mark);
  Task<Outcome> generate_once(const Permitted& permitted, Answer& answer, Egress& egress, std::optional<Tab>& tab, const OnceRequest& once);
  // Or tells what was answered to an equal request.
  Task<Outcome> generate_or_tell(const Permitted& permitted, Answer& answer, Egress& egress, std::optional<Tab>& tab);
  Task<Outcome> attempt(const Permitted& permitted, Answer& answer, Egress& egress, Tab& tab);
  Opening open(const Permitted& permitted, Egress& egress, std::optional<Tab>& tab);
  std::string id_for(AnswerShape shape);

  const Authorizer authorizer_;
  const Measure measure_;
  const Admission admission_{};
  const Doorkeeper& doorkeeper_;
  RandomSource& random_;
  const ContentRules contents_;
  const CurrentBodyLimits& bodies_;
  Levels& levels_;
  Governor& governor_;
  Idempotency& idempotency_;
  const AskedAgain again_;
  CacheDesk& cache_;
  const Ending& ending_;
  std::vector<Running>& running_;          // by reactor
  std::vector<wire::JsonParser> parsers_;  // by reactor
};

}  // namespace gatehouse::gateway
