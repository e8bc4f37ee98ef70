#include "host.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

namespace gatehouse::adapters {

namespace w = wire::engine;

namespace {

// The sandbox allows no look into /proc; 256 is its limit of descriptors.
std::uint32_t open_descriptors() {
  std::uint32_t open = 0;
  for (int fd = 0; fd < 256; ++fd) open += fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
  return open;
}

}  // namespace

int Host::run() {
  control_ = std::make_shared<FrameSocket>(reactor_, std::move(sockets_.control), w::Sender::front);
  control_->start(FrameSocket::Callbacks{[this](w::Frame&& frame, Fd&& file) { return on_control(std::move(frame), std::move(file)); },
                                         [this](const Error& why) { front_gone(why); }});
  for (std::uint32_t i = 0; i < sockets_.links.size(); ++i) {
    links_.push_back(std::make_shared<FrameSocket>(reactor_, std::move(sockets_.links[i]), w::Sender::front));
    const auto taken = [this, i](w::Frame&& frame, Fd&&) {
      return std::holds_alternative<w::Hello>(frame.body) ? ok() : on_job(i, std::move(frame));
    };
    links_.back()->start(FrameSocket::Callbacks{taken, [this](const Error& why) { front_gone(why); }});
  }
  control_->send(0, w::HelloBack{sockets_.name});
  reactor_.run();
  stop_work();
  return exit_code_;
}

void Host::send_news(std::uint32_t link, std::uint64_t job, const w::Body& body) {
  if (!links_[link]->send(job, body)) reactor_.post([this] { front_gone(internal_error("front_gone", "the front does not read")); });
}

void Host::send_when_read(std::uint32_t link, std::uint64_t job, const w::Body& body) {
  links_[link]->wait_for_reader();
  send_news(link, job, body);
}

Status Host::on_control(w::Frame&& frame, Fd&& file) {
  if (w::brings_model(frame.body)) {
    if (state_.state != w::ModelState::empty || !file) return caller_error("engine_load_refused", "one model an engine");
    state_.state = w::ModelState::loading;
    return on_load(std::move(frame.body), std::move(file));
  }
  if (std::holds_alternative<w::Unload>(frame.body)) {
    front_gone(internal_error("front_gone", "unload"));
  } else if (std::holds_alternative<w::Stats>(frame.body)) {
    look();
    control_->send(0, current_state());
  } else {
    return caller_error("engine_frame_unexpected", "not a frame for the control socket");
  }
  return ok();
}

void Host::publish(w::ModelState state, std::string detail) {
  state_.state = state;
  state_.detail = std::move(detail);
  control_->send(0, current_state());
}

w::State Host::current_state() const {
  w::State now = state_;
  if (sockets_.exit_when_front_gone) now.open_fds = open_descriptors();  // a thread's are the front's
  count(now);
  return now;
}

void Host::front_gone(const Error& why) {
  const bool as_it_should = why.reason() == "engine_gone" || why.reason() == "front_gone";
  if (sockets_.exit_when_front_gone) _exit(as_it_should ? 0 : 1);
  if (!as_it_should) exit_code_ = 1;
  control_->close();
  for (auto& link : links_) link->close();
  reactor_.stop();
}

}  // namespace gatehouse::adapters
