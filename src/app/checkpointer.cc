#include "checkpointer.h"

#include <functional>
#include <optional>
#include <utility>

#include "gatehouse/telemetry/log.h"

namespace gatehouse::app {

Checkpointer::Checkpointer(Reactor& reactor, WorkerPool& files, const identity::AuditDesk& desk, CheckpointFile file)
    : reactor_(reactor),
      files_(files),
      desk_(desk),
      file_(std::move(file)),
      due_(reactor, [this] { reactor_.spawn(write_and_wait()); }),
      written_(reactor) {}

std::vector<telemetry::AuditHead> Checkpointer::news_of(std::vector<telemetry::AuditHead> heads, bool anew) const {
  std::erase_if(heads, [this, anew](const telemetry::AuditHead& head) {
    const auto said = said_.find(head.chain);
    return head.count == 0 || (!anew && said != said_.end() && said->second == head.count);
  });
  return heads;
}

Task<Result<std::vector<telemetry::AuditHead>>> Checkpointer::heads_for(bool anew) const {
  return anew ? desk_.all_heads(reactor_) : desk_.heads(reactor_);
}

Task<Status> Checkpointer::write_news() {
  const bool anew = file_.is_full();
  Result<std::vector<telemetry::AuditHead>> heads = co_await heads_for(anew);
  if (!heads) co_return heads.error();
  std::vector<telemetry::AuditHead> news = news_of(std::move(*heads), anew);
  if (news.empty()) co_return co_await mark();
  if (anew) {
    // Between the two files the mark would be of neither.
    const telemetry::CheckpointMark unknown;
    const Status unmarked = co_await desk_.mark_checkpoints(reactor_, unknown);
    if (!unmarked) co_return unmarked;
  }
  const auto now = std::chrono::floor<std::chrono::microseconds>(reactor_.clock().wall());
  std::function<Status(Worker&)> append = [this, &news, now, anew](Worker&) {
    return anew ? file_.begin_anew(news, now, desk_.sealer()) : file_.append(news, now, desk_.sealer());
  };
  auto appending = files_.run<Status>(reactor_, std::move(append));
  const std::optional<Status> appended = co_await std::move(appending);
  if (!appended) co_return operator_error("checkpoints_unwritable", "too much waits for the disk");
  if (!*appended) co_return *appended;
  for (telemetry::AuditHead& head : news) said_[std::move(head.chain)] = head.count;
  marked_ = false;
  co_return co_await mark();
}

Task<Status> Checkpointer::mark() {
  if (marked_) co_return ok();
  const telemetry::CheckpointMark come_to = file_.mark();
  const Status written = co_await desk_.mark_checkpoints(reactor_, come_to);
  marked_ = written.ok();
  co_return written;
}

Task<void> Checkpointer::write() {
  while (writing_) co_await written_.wait();
  writing_ = true;
  const Status written = co_await write_news();
  writing_ = false;
  written_.raise();
  if (!written) telemetry::log::warn("audit", "no checkpoint was written", {{"error", written.error().describe()}});
}

Task<void> Checkpointer::write_and_wait() {
  co_await write();
  due_.arm_in(interval);
}

}  // namespace gatehouse::app
