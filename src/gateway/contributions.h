// gateway/contributions.h — what each feature did for what was predicted, on a thread of its own: it may take a hundred times what
// predicting takes.
// Limits   64 requests that are explained or wait for it, shared by tenant (fair_places.h)
// Threads  the reactor of the connection
// Errors   explanation_unavailable (400), too_many_rows (413), origin caller; server_is_overloaded (503)
#pragma once
#include <cstddef>
#include <vector>

#include "fair_places.h"
#include "gatehouse/runtime/worker_pool.h"
#include "gatehouse/wire/predict/predict.h"
#include "tensor_pipeline.h"

namespace gatehouse::gateway {

class Contributions {
 public:
  // Whether there is a point in asking for so many rows: as far as it is known, before anything is computed.
  Status check(const ServedModel& model, std::size_t rows) const;
  // One a row.
  Task<Result<std::vector<wire::Explanation>>> explain(Reactor& reactor, const TensorAdmitted& admitted, std::size_t rows);

 private:
  static constexpr std::size_t threads = 1, most_waiting = 64;
  FairPlaces places_{most_waiting};
  WorkerPool pool_{"explain", threads, most_waiting};
};

}  // namespace gatehouse::gateway
