#pragma once

#include "lambox/model/event_outcome.hpp"

namespace lambox::engine {

/// Port: who is told how Event invocations ended, whether or not a destination is configured.
class DestinationSink {
public:
    virtual ~DestinationSink() = default;
    virtual void deliver(model::EventOutcome outcome) = 0;
};

} // namespace lambox::engine
