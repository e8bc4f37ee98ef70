// gateway/predictor.h — POST /predict: a row or several, through every stage of the pipeline; with an Idempotency-Key once.
// Threads  the reactor of the connection
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "asked_again.h"
#include "contributions.h"
#include "idempotency.h"
#include "table_form.h"
#include "tensor_desk.h"

namespace gatehouse::gateway {

class Predictor {
 public:
  Predictor(TensorDesk& desk, Idempotency& idempotency) : desk_(desk), idempotency_(idempotency), again_(desk.governor, idempotency) {}

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
  Result<Asked> read(Guest& guest, Ledger& ledger);
  Task<Result<Predictions>> predict(Reactor& reactor, Asked& asked, const TensorAdmitted& admitted, WhenGone gone);
  // Says what has come of it, and settles that before, where nothing is held back. What could not be had costs nothing, unless it is the
  // asker's own doing.
  Task<Outcome> answer(Asked& asked, TensorAdmitted& admitted, Egress& egress, Ledger& ledger, WhenGone gone);
  // The same for a call that is made once.
  Task<void> answer_once(Asked& asked, TensorMeasured measured, Egress& egress, Ledger& ledger, const OnceRequest& once);
  Task<Outcome> make_once(Asked& asked, TensorAdmitted& admitted, Egress& egress, Ledger& ledger, const OnceRequest& once);

  TensorDesk& desk_;
  Contributions contributions_{};
  Idempotency& idempotency_;
  const AskedAgain again_;
};

}  // namespace gatehouse::gateway
