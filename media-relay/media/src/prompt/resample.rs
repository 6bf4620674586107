//! Any rate to 8 kHz, by `rubato`'s band-limited interpolation: what is above 4 kHz is filtered out before it could fold back.

use rubato::{
    Async, FixedAsync, Resampler, SincInterpolationParameters, SincInterpolationType, WindowFunction,
    audioadapter_buffers::direct::SequentialSlice,
};

use super::{
    SAMPLE_RATE_HZ,
    file::{AudioError, Pcm},
};

/// How many samples are worked on at once.
const CHUNK: usize = 1_024;

/// The same audio at 8 kHz.
pub(super) fn to_8_khz(pcm: &Pcm) -> Result<Vec<f32>, AudioError> {
    let ratio = f64::from(SAMPLE_RATE_HZ) / f64::from(pcm.rate_hz);
    let parameters = SincInterpolationParameters {
        sinc_len: 256,
        f_cutoff: None,
        oversampling_factor: 128,
        interpolation: SincInterpolationType::Linear,
        window: WindowFunction::BlackmanHarris2,
    };
    // The rates are within bounds, and there is audio: neither call has a reason to fail.
    let resampler = Async::<f32>::new_sinc(ratio, 1.0, &parameters, CHUNK, 1, FixedAsync::Input);
    let mut resampler = resampler.map_err(|_| AudioError::Rate(pcm.rate_hz))?;
    let length = pcm.samples.len();
    let input = SequentialSlice::new(&pcm.samples, 1, length).map_err(|_| AudioError::Empty)?;
    let output = resampler.process_all(&input, length, None).map_err(|_| AudioError::Rate(pcm.rate_hz))?;
    Ok(output.take_data())
}
