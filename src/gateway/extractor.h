// gateway/extractor.h — POST /api/predict, /v1/nlu/extract and /v1/decisions: what is asked about a text, through every stage of the
// pipeline. The engine is asked level by level of the schema, each time in calls of a bounded size.
// Threads  the reactor of the connection; long texts are cut into tokens on the thread for that
#pragma once
#include <span>
#include <string>
#include <vector>

#include "cache_desk.h"
#include "gatehouse/gateway/content_rules.h"
#include "gatehouse/nlu/work_plan.h"
#include "nlu_ask.h"
#include "tensor_desk.h"
#include "text_thread.h"

namespace gatehouse::gateway {

// Whether it is the Extractor's.
constexpr bool extracts(Action action) {
  return action == Action::nlu_predict || action == Action::nlu_extract || action == Action::nlu_decide;
}

struct ExtractorParts {
  TensorDesk& desk;
  const Ending& ending;
  const ContentRules& contents;
  const std::vector<identity::Authenticator>& authenticators;  // by reactor
  const Lexicons& lexicons;
  CacheDesk& cache;
  TextThread& texts;
};

class Extractor {
 public:
  explicit Extractor(const ExtractorParts& parts);

  // Who asks has been let in by the head. Returns when the answer is complete, or the client gone.
  Task<void> run(const Received& received, Egress& egress, Ledger& ledger);

 private:
  // What the body asks, once it may be asked, and its extractions, once its texts are cut into tokens: where they have to be computed.
  struct Asked {
    NluAsk ask;
    TensorPermitted permitted;
    std::vector<nlu::Extraction> extractions = {};
  };
  Result<Asked> read(Guest& guest, Ledger& ledger);
  Status check_page(const Identified& identified) const;
  Task<Status> read_texts(Reactor& reactor, Asked& asked);
  // Makes the answer, or tells what was answered to an equal request.
  Task<void> answer(Asked& asked, Egress& egress, Ledger& ledger);
  // visit: of whoever may be told what is made; null: nobody.
  Task<void> make(Asked& asked, Tab& tab, Egress& egress, Ledger& ledger, CacheDesk::Visit* visit);
  class RowCount;
  // usage: learns what was computed, also where not all of it was.
  Task<Status> compute(Reactor& reactor, TensorAdmitted& admitted, Asked& asked, Usage& usage) const;
  // A level of it.
  Task<Status> compute_step(Reactor& reactor, TensorAdmitted& admitted, nlu::Extraction& extraction,
                            const std::vector<nlu::PlannedCall>& calls, RowCount& counted) const;

  TensorDesk& desk_;
  const ContentRules contents_;
  const std::vector<identity::Authenticator>& authenticators_;
  const Lexicons& lexicons_;
  CacheDesk& cache_;
  const Ending& ending_;
  TextThread& texts_;
};

}  // namespace gatehouse::gateway
