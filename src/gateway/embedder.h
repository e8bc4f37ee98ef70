// gateway/embedder.h — POST /v1/embeddings and /v1/rerank: numbers of texts, through every stage of the pipeline. The engine is asked in
// calls of a bounded size, so that others get their turn in between.
// Threads  the reactor of the connection; what is long is read and written on the thread for that
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gatehouse/gateway/content_rules.h"
#include "gatehouse/nlu/token_rows.h"
#include "gatehouse/wire/openai/embeddings.h"
#include "gatehouse/wire/openai/rerank.h"
#include "tensor_desk.h"
#include "text_thread.h"

namespace gatehouse::gateway {

// Whether it is the Embedder's.
constexpr bool embeds(Action action) { return action == Action::embeddings || action == Action::rerank; }

class Embedder {
 public:
  Embedder(TensorDesk& desk, ContentRules contents, TextThread& texts) : desk_(desk), contents_(std::move(contents)), texts_(texts) {}

  // Who asks has been let in by the head. Returns when the answer is complete, or the client gone.
  Task<void> run(const Received& received, Egress& egress, Ledger& ledger);

 private:
  using Request = std::variant<wire::EmbeddingsRequest, wire::RerankRequest>;
  // What the body asks, once it may be asked. Whoever works on it on another thread has it, too, and lets go of its texts.
  struct Asked {
    std::shared_ptr<Request> request;
    TensorPermitted permitted;
  };
  // What is made of its texts, and of them nothing but what the answer needs.
  struct TextsRead {
    std::vector<wire::TokenRow> rows;
    std::string content;  // as it is kept for the record; empty: it is not
  };
  Result<Asked> read(Guest& guest, Ledger& ledger);
  // Before anything is computed: a model that sleeps says only then how many numbers its vectors have.
  Task<Status> check_width(Reactor& reactor, const Asked& asked) const;
  static Result<TextsRead> read_all(const nlu::TextReader& reader, Request& request, bool keeps_content);
  Task<Result<TextsRead>> read_texts(Reactor& reactor, const Asked& asked);
  Task<void> answer(const Asked& asked, Egress& egress, Ledger& ledger);
  // Row after row as they were asked for; the ledger learns what was computed.
  Task<Result<wire::RowValues>> compute(Reactor& reactor, TensorAdmitted& admitted, const Asked& asked, std::vector<nlu::RowCall> calls,
                                        Ledger& ledger) const;
  Task<Result<std::string>> reply_with(Reactor& reactor, const Asked& asked, wire::RowValues values, const Ledger& ledger);

  TensorDesk& desk_;
  const ContentRules contents_;
  TextThread& texts_;
};

}  // namespace gatehouse::gateway
