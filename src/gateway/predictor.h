// gateway/predictor.h — POST /predict: a row or several, through every stage of the pipeline; with an Idempotency-Key once.
// Threads  the reactor of the connection
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "asked_again.h"
#include "body_limits.h"
#include "contributions.h"
#include "egress.h"
#include "gatehouse/wire/json/document.h"
#include "generator.h"
#include "idempotency.h"
#include "table_form.h"
#include "tensor_pipeline.h"

namespace gatehouse::gateway {

class Predictor {
 public:
  Predictor(const ServedModels& models, const Doorkeeper& doorkeeper, const CurrentBodyLimits& bodies, const Ending& ending,
            std::vector<Running>& running, Governor& governor, Idempotency& idempotency);

  // Who asks has been let in by the head. Returns when the answer is complete, or the client gone.
  Task<void> run(const Received& received, Egress& egress, Ledger& ledger);

 private:
  // The rows that the body holds, for the model that it names.
  struct Asked {
    TensorPermitted permitted;
    TableRows rows;
    bool explain = false;
  };
  using Predictions = std::vector<wire::Prediction>;
  Result<Asked> read(const Identified& identified, Running::Seat& seat, std::string_view body, Ledger& ledger);
  Task<Result<Predictions>> predict(Reactor& reactor, Asked& asked, const TensorAdmitted& admitted, WhenGone gone);
  // Says what has come of it, and settles that before, where nothing is held back. What could not be had costs nothing, unless it is the
  // asker's own doing.
  Task<Outcome> answer(Asked& asked, TensorAdmitted& admitted, Egress& egress, Ledger& ledger, WhenGone gone);
  // The same for a call that is made once.
  Task<void> answer_once(Asked& asked, TensorMeasured measured, Egress& egress, Ledger& ledger, const OnceRequest& once);
  Task<Outcome> make_once(Asked& asked, TensorAdmitted& admitted, Egress& egress, Ledger& ledger, const OnceRequest& once);

  const TensorAuthorizer authorizer_;
  const TensorMeasure measure_{};
  const TensorAdmission admission_;
  const TensorDispatch dispatch_;
  Contributions contributions_{};
  Governor& governor_;
  Idempotency& idempotency_;
  const AskedAgain again_;
  const Doorkeeper& doorkeeper_;
  const CurrentBodyLimits& bodies_;
  std::vector<Running>& running_;          // by reactor
  std::vector<wire::JsonParser> parsers_;  // by reactor
};

}  // namespace gatehouse::gateway
